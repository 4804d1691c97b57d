"""From a network to a board's bitstream: elaborate, synthesise, place and route, pack.

Each step's result is in the content-addressed cache, so that after a change only what depends on it
runs again; each can be interrupted, and leaves a log under ``build/logs``.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from spikewright_hw.board import BoardTop
from spikewright_hw.checks import pathlike, real, whole, wholes
from spikewright_hw.engine.design import Design, EventDesign
from spikewright_hw.link.serial_port import SerialTop
from spikewright_hw.network import Network

from .. import tools
from ..cache import cached
from ..quantized.network import QuantizedNetwork, network_of
from .board import DEFAULT_BOARD, Board, board_named
from .built import constraints_of, keep
from .certificate import write_certificate
from .closing import LIMIT_S, SEEDS, ClockMissed, Closing, close, over_seeds
from .demo import demo_top
from .design import check_design
from .pins import elaborate
from .placement import Placement
from .remedy import remedy
from .room import TooLarge, check_room, few_commands
from .synthesis import Netlist, synthesize

__all__ = ["Bitstream", "build_bitstream", "build_top", "needed_tools"]


@dataclass(frozen=True)
class Bitstream:
    """A bitstream and its post-route figures.

    Parameters
    ----------
    path : Path
        The file to load into the board.
    clock_mhz, fmax_mhz : float
        The design's clock, and the highest frequency it could have at the slow corner.
    lut, ff, bram, dsp : int
        Cells used after placement, by nextpnr's count: LUTs (those in carry cells and distributed
        memory among them), flip-flops, 18 kbit block RAMs, 18x18 multipliers.
    available : dict of str to int
        What the part has, of the same four.
    seed : int
        Seed of the placement.
    tools : tuple of str
        Names and versions of what made it.
    fmax_of_seeds : dict of int to float
        The highest frequency in MHz with each seed that was placed for comparison, if any was.
    """

    path: Path
    clock_mhz: float
    fmax_mhz: float
    lut: int
    ff: int
    bram: int
    dsp: int
    available: dict[str, int]
    seed: int
    tools: tuple[str, ...]
    fmax_of_seeds: Mapping[int, float] = field(default_factory=dict)

    def speed(self) -> str:
        """Return in a sentence how fast it is: with its own seed, and over others."""
        own = f"With seed {self.seed} of the placer it reaches {self.fmax_mhz:.1f} MHz"
        found = [*self.fmax_of_seeds.values()]
        if not found:
            return f"{own}."
        if len(found) == 1:
            return f"{own}, and with seed 1 {found[0]:.1f} MHz."
        return (
            f"{own}; over seeds 1 to {len(found)}, a median of {median(found):.1f} MHz, from "
            f"{min(found):.1f} to {max(found):.1f}."
        )


def needed_tools(board: Board) -> tuple[str, ...]:
    """Return the tools that build a bitstream, for :func:`~spikewright.tools.require_all`."""
    family = board.family
    return ("amaranth-boards", "pyosys or yosys", family.flow.tool, family.packer.tool)


def build_bitstream(
    network: Network | QuantizedNetwork,
    *,
    board: str | Board = DEFAULT_BOARD,
    design: Design | None = None,
    top: SerialTop | None = None,
    demo: np.ndarray | None = None,
    seeds: Sequence[int] = SEEDS,
    placements: int = 0,
    limit_s: float = LIMIT_S,
    build: str | Path = "build",
    progress: Callable[[str], None] = lambda step: None,
) -> Bitstream:
    """Build the bitstream of a network for a board.

    Parameters
    ----------
    network : Network or QuantizedNetwork
        What the board will run.
    board : str or Board
        One of :data:`~spikewright.gateware.board.BOARDS`, or its name.
    design : Design, optional
        The engine that it runs on; the event engine if not given.
    top : Component, optional
        A board top to build instead of the network's :class:`~spikewright_hw.board.BoardTop`.
    demo : array ``[samples, steps, inputs]``, optional
        Samples to store in the bitstream: a board that runs them by itself, without a host.
    seeds : sequence of int
        Placer seeds, tried in this order until the clock is met.
    placements : int
        Place and route with so many seeds, from 1 on, besides, for the spread of the highest clock.
    limit_s : float
        Seconds for the placing and routing, with all seeds together; and again for ``placements``.
    build : str or Path
        Folder of everything generated: results go to ``cache`` in it, logs to ``logs``.
    progress : callable
        Told, in a few words, of each step as it begins.

    Raises
    ------
    ToolError
        A tool is missing.
    BuildError
        The design does not fit, or cannot be routed in this time.
    ClockMissed
        It does not meet the clock; the message says what can be done. A BuildError, too.
    DataError
        The network cannot run on the engine.
    ValueError
        There is no such board.
    """
    board, plain = board_named(board), network_of(network)
    design = EventDesign() if design is None else design
    check_design(design, plain)
    names: dict[str, Any] = {
        "network": design.digest(plain).hex(), "engine": str(design), "share": design.share,
    }
    make: Callable[[], SerialTop] = partial(
        BoardTop, network=plain, divisor=board.divisor, clock_hz=board.clock_hz, virtual=False,
        design=design,
    )
    if demo is not None:
        if top is not None:
            raise ValueError("top and demo are given; leave one of the two out")
        make = partial(demo_top, plain, demo, board=board, design=design)
        names["demo"] = len(demo)
    try:
        built = build_top(
            make if top is None else lambda: top, board=board, names=names, seeds=seeds,
            placements=placements, limit_s=limit_s, build=build, progress=progress,
        )
    except ClockMissed as missed:
        advice = remedy(missed, board=board, design=design, network=plain)
        missed.args = (f"{missed} {advice}".rstrip(" ."),)
        raise
    except TooLarge as large:
        large.args = (f"{large}{few_commands(large, design)}",)
        raise
    if top is None and demo is None:
        write_certificate(
            built.path.parent, network=plain, design=design, board=board,
            bitstream=built.path.name, constraints=constraints_of(board),
        )
    return built


def build_top(
    make: Callable[[], SerialTop],
    *,
    board: Board,
    names: Mapping[str, Any],
    seeds: Sequence[int] = SEEDS,
    placements: int = 0,
    limit_s: float = LIMIT_S,
    build: str | Path = "build",
    progress: Callable[[str], None] = lambda step: None,
) -> Bitstream:
    """Build the bitstream of any board top.

    Parameters
    ----------
    make : callable
        Makes it, once it is known that all tools are there.
    board : Board
    names : mapping
        What the report beside the bitstream says it is.
    seeds, placements, limit_s, build, progress
        As :func:`build_bitstream` takes them; it raises the same errors.
    """
    build, seeds = pathlike("build", build), wholes(0)("seeds", seeds)
    limit_s, placements = real(0)("limit_s", limit_s), whole(0)("placements", placements)
    if not seeds:
        raise ValueError("seeds is empty; give at least one seed of the placer")
    tools.require_all(needed_tools(board))  # told now, not after minutes of work
    progress("elaborating the board top")
    source, constraints = elaborate(make(), board=board)
    progress("synthesising")
    netlist = synthesize(
        source, top="design", family=board.family.name, command=board.device.synthesis,
        language=board.family.language, build=build,
    )
    check_room(netlist.counts, board=board)
    work = Closing(
        netlist=netlist, constraints=constraints, board=board, seeds=seeds, limit_s=limit_s,
        build=build,
    )
    placement = close(work, progress)
    of_seeds = over_seeds(work, placements, progress)
    progress("packing the bitstream")
    packed, packer = _pack(placement, board=board, build=build)
    used, available = _cells(placement, netlist, board)
    figures = {
        "clock_mhz": board.clock_hz / 1e6,
        "fmax_mhz": placement.fmax_of(),
        **used,
        "available": available,
        "seed": placement.seed,
        "tools": (netlist.tool, placement.tool, packer),
    }
    report = {**names, **figures, "fmax_of_seeds": of_seeds}
    path = keep(packed, constraints=constraints, board=board, report=report, build=build)
    return Bitstream(path=path, fmax_of_seeds=of_seeds, **figures)


def _cells(
    placement: Placement, netlist: Netlist, board: Board
) -> tuple[dict[str, int], dict[str, int]]:
    """Return what is used and what there is of each kind, by nextpnr's count where it counts it."""
    used, available = {}, {}
    for name in ("lut", "ff", "bram", "dsp"):
        kinds = board.family.used.get(name)
        if kinds is None:
            used[name] = getattr(netlist.counts, name)
            available[name] = board.device.room[name]
        else:
            used[name] = sum(placement.used.get(kind, 0) for kind in kinds)
            available[name] = sum(placement.available.get(kind, 0) for kind in kinds)
    return used, available


def _pack(placement: Placement, *, board: Board, build: Path) -> tuple[Path, str]:
    """Pack a configuration; return the bitstream and the packer's name and version."""
    packer = board.family.packer
    tool = tools.require(packer.tool)
    name = f"{tool.name} {tool.version}"
    text = placement.configuration.read_bytes()
    options = [*board.device.packing, *packer.options]
    key = {"configuration": hashlib.sha256(text).hexdigest(), "options": options, "tool": name}

    def stage(folder: Path) -> None:
        (folder / "design.config").write_bytes(text)
        tools.run(tool, options, cwd=folder, log=build / "logs" / "packing.log")
        (folder / "design.config").unlink()

    folder = cached("bitstream", key, stage, root=build / "cache")
    return folder / packer.bitstream, name
