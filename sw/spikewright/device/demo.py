"""A demo on a virtual board: stored samples, and the classes that it sends by itself."""

import hashlib
import os
import select
from pathlib import Path

import numpy as np

from spikewright_hw.checks import pathlike
from spikewright_hw.engine.design import Design, EventDesign
from spikewright_hw.network import Network

from ..cache import cached
from ..errors import DeviceError
from ..gateware.board import DEFAULT_BOARD, Board, board_named
from ..gateware.demo import demo_top
from ..imports import code_key
from ..network.bit_planes import bitmaps
from ..network.reference import check_spikes
from ..quantized.network import QuantizedNetwork, network_of
from ..tools import require
from .virtual import DIVISOR, VirtualBoard, compile_virtual

__all__ = ["virtual_demo"]

#: Clock cycles between two samples: enough to send what was said, too few to fall asleep.
_PAUSE = 1_000
#: Seconds between two looks at whether it still runs.
_LOOK_S = 0.5


def virtual_demo(
    network: Network | QuantizedNetwork,
    spikes: np.ndarray,
    *,
    board: str | Board = DEFAULT_BOARD,
    design: Design | None = None,
    build: str | Path = "build",
) -> tuple[int, ...]:
    """Run a demo on a virtual board, and return what it says of each stored sample.

    What runs is what ``spw.build_bitstream(network, demo=spikes)`` puts into a board, but with a
    short pause between samples. Nothing is sent to it.

    Parameters
    ----------
    network : Network or QuantizedNetwork
    spikes : array ``[samples, steps, inputs]``
        What is stored: spikes, or graded inputs, of each sample.
    board : str or Board
        Which board it stands for.
    design : Design, optional
        The engine; the event engine if not given.
    build : str or Path
        Folder of everything generated.

    Returns
    -------
    tuple of int
        The class of each sample.

    Raises
    ------
    DataError
        The spikes do not fit the network, or it cannot run so.
    DeviceError
        The virtual board ended, or said what is no class.
    ToolError, BuildError, StorageError
        It cannot be compiled: a tool is missing or fails, or a file cannot be written.
    ValueError
        There is no such board.
    """
    design = EventDesign() if design is None else design
    plain, chosen, build = network_of(network), board_named(board), pathlike("build", build)
    spikes = np.asarray(spikes)
    check_spikes(plain, spikes)
    stored = [bitmaps(sample, bits=plain.input_bits) for sample in spikes]
    key = {
        "network": plain.digest().hex(),
        "design": repr(design),
        "samples": hashlib.sha256(repr(stored).encode()).hexdigest(),
        "code": code_key(__name__),
        "tools": {name: require(name).version for name in ("verilator", "c++")},
    }

    def stage(folder: Path) -> None:
        top = demo_top(plain, spikes, board=chosen, design=design, divisor=DIVISOR, pause=_PAUSE)
        compile_virtual(top, folder, logs=build / "logs" / f"demo.{plain.digest().hex()[:8]}")

    folder = cached("virtual_demo", key, stage, root=build / "cache")
    with VirtualBoard(folder / "virtual_board") as running:
        lines = _lines(running, len(spikes))
    try:
        return tuple(int(line) for line in lines)
    except ValueError as error:
        raise DeviceError(f"the demo said what is no class: {error}") from error


def _lines(running: VirtualBoard, count: int) -> list[bytes]:
    """Return the first lines that a board sends."""
    port = os.open(running.port, os.O_RDONLY | os.O_NOCTTY)
    try:
        text = b""
        while text.count(b"\n") < count:
            if select.select([port], [], [], _LOOK_S)[0]:
                text += os.read(port, 4096)
            elif trouble := running.trouble():
                raise DeviceError(f"the virtual board {trouble}")
    finally:
        os.close(port)
    return text.split(b"\n")[:count]
