"""A virtual board that is left running for a program of the user's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spikewright_hw.checks import flag, instance, optional, pathlike
from spikewright_hw.engine.design import Design, EventDesign
from spikewright_hw.network import Network

from ..gateware.board import DEFAULT_BOARD, Board, board_named
from ..gateware.design import check_design
from ..quantized.network import QuantizedNetwork, network_of
from ..quantized.spw import read
from .compiled import virtual_board
from .memory_faults import Faults
from .virtual import VirtualBoard

__all__ = ["virtual_port"]


@contextmanager
def virtual_port(
    network: str | Path | Network | QuantizedNetwork,
    *,
    board: str | Board = DEFAULT_BOARD,
    design: Design | None = None,
    lights: bool = False,
    faults: Faults | None = None,
    build: str | Path = "build",
) -> Iterator[VirtualBoard]:
    """Run a virtual board whose ``port`` any program may open, for as long as the ``with`` lasts.

    It speaks what a real board speaks (``docs/link.md``), at any rate of the port, and may be
    opened by one program after the other.

    Parameters
    ----------
    network : str, Path, Network or QuantizedNetwork
        What it holds, or its ``.spw`` file.
    board : str or Board
        Which board it stands for: its clock is what it reports.
    design : Design, optional
        The engine; the event engine if not given.
    lights : bool
        Print what the board's lights show, whenever that is something else: busy, and the class of
        the last inference.
    faults : Faults, optional
        Bits of its memories that are flipped as soon as it runs. With any, be it none of them, the
        board's ``flip`` flips others while it runs; it takes a third of its speed. Weights that are
        loaded are stored anew by whoever opens the board: flip these after that.
    build : str or Path
        Folder of everything generated.

    Raises
    ------
    DataError
        The file is no network, or the network cannot run on the engine.
    ToolError, BuildError, StorageError
        It cannot be compiled: a tool is missing or fails, or a file cannot be written.
    ValueError
        There is no such board, or ``network`` is none, or its memories have no such bits.
    """
    design = EventDesign() if design is None else design
    chosen, lights = board_named(board), flag("lights", lights)
    plain = network_of(read(network) if isinstance(network, str | Path) else network)
    check_design(design, plain)
    optional(instance(Faults))("faults", faults)
    program = virtual_board(
        plain, clock_hz=chosen.clock_hz, design=design, build=pathlike("build", build),
        faults=faults, board=chosen,
    )
    with VirtualBoard(program, lights=lights) as running:
        if faults is not None:
            running.flip(*faults.among(running.memories))
        yield running
