"""A plan: all files of a bitstream's build, and a script that runs the tools on them elsewhere."""

import shlex
from pathlib import Path

import numpy as np

from spikewright_hw.board import BoardTop
from spikewright_hw.checks import pathlike
from spikewright_hw.engine.design import Design, EventDesign
from spikewright_hw.link.serial_port import SerialTop
from spikewright_hw.network import Network

from ..files import storage_errors, write_text
from ..quantized.network import QuantizedNetwork, network_of
from .board import DEFAULT_BOARD, Board, board_named
from .demo import demo_top
from .design import check_design
from .pins import elaborate, platform_files
from .synthesis import script_of

__all__ = ["plan_files", "write_plan"]


def write_plan(
    network: Network | QuantizedNetwork,
    *,
    board: str | Board = DEFAULT_BOARD,
    design: Design | None = None,
    demo: np.ndarray | None = None,
    build: str | Path = "build",
) -> Path:
    """Write all that a network's bitstream is built of, without any tool; return its folder.

    ``build.sh`` in it calls the tools by their names: Yosys, nextpnr and the packer, or Vivado.
    What Python changes of a netlist here (``Family.finish``) is left out: on an ECP5 the design
    takes more cells so.

    Parameters
    ----------
    network : Network or QuantizedNetwork
        What the board will run.
    board : str or Board
        One of :data:`~spikewright.gateware.board.BOARDS`, or its name.
    design : Design, optional
        The engine that it runs on; the event engine if not given.
    demo : array ``[samples, steps, inputs]``, optional
        Samples to store: a board that runs them by itself, without a host.
    build : str or Path
        Folder of everything generated: the plan goes to ``plans`` in it.

    Raises
    ------
    DataError
        The network cannot run on the engine.
    StorageError
        A file cannot be written.
    ValueError
        There is no such board.
    """
    board, plain = board_named(board), network_of(network)
    design = EventDesign() if design is None else design
    check_design(design, plain)
    top = BoardTop(
        network=plain, divisor=board.divisor, clock_hz=board.clock_hz, virtual=False, design=design,
        monitor=board.monitor(virtual=False) if design.optional else None,
    ) if demo is None else demo_top(plain, demo, board=board, design=design)
    folder = pathlike("build", build) / "plans" / board.name
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name, text in plan_files(top, board=board).items():
        write_text(folder / name, text)
    return folder


def plan_files(top: SerialTop, *, board: Board) -> dict[str, str]:
    """Return the files of a plan, by name; ``build.sh`` is the script."""
    family = board.family
    if family.vendor_plan:
        files = platform_files(top, board=board)
        first, rest = files.pop("build_design.sh").split("\n", 1)
        script = f'{first}\ncd "$(dirname "$0")"\n{rest}'
        return {**files, "build.sh": script + _loading(board, "design.bit")}
    source, constraints = elaborate(top, board=board)
    pins = f"design.{family.flow.suffix}"
    script, file = script_of(
        top="design", family=family.name, command=board.device.synthesis, language=family.language
    )
    place = [
        family.flow.tool, "--json", "netlist.json", *board.device.options, "--freq",
        f"{board.clock_hz / 1e6:g}", "--report", "report.json", *family.flow.configuration,
        family.flow.constraints.format(pins),
    ]
    pack = [family.packer.tool, *board.device.packing, *family.packer.options]
    lines = ["#!/bin/sh", "set -eu", 'cd "$(dirname "$0")"', "yosys synthesis.ys"]
    lines += [shlex.join(place), shlex.join(pack)]
    return {
        file: source, pins: constraints, "synthesis.ys": script,
        "build.sh": "\n".join(lines) + "\n" + _loading(board, family.packer.bitstream),
    }


def _loading(board: Board, bitstream: str) -> str:
    """Return the commands that load the bitstream, as comments."""
    return "".join(
        f"# {what}: {shlex.join([*command, bitstream])}\n"
        for what, command in (("To load it", board.load), ("To keep it in flash", board.flash))
        if command
    )
