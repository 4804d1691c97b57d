"""Boards to work with: virtual ones from the content-addressed cache, or real ones at a port."""

from contextlib import ExitStack
from pathlib import Path

from spikewright_hw.checks import pathlike, text
from spikewright_hw.engine.design import Design, EventDesign
from spikewright_hw.network import Network

from ..gateware.bit_rate import AUTO, check_rate
from ..gateware.board import DEFAULT_BOARD, Board, board_named
from ..gateware.design import check_design
from ..quantized.network import QuantizedNetwork, network_of
from ..tools import require
from .connect import UNKNOWN_SIMULATOR, connect
from .patience import patience
from .session import Session

__all__ = ["VIRTUAL", "open_board"]

#: The port that stands for the virtual board.
VIRTUAL = "virtual"


def open_board(
    network: Network | QuantizedNetwork,
    *,
    port: str = VIRTUAL,
    board: str | Board = DEFAULT_BOARD,
    design: Design | None = None,
    rate: int | str = AUTO,
    build: str | Path = "build",
) -> Session:
    """Open a board that holds a network, and make sure that it does.

    Without a ``port`` the board is virtual: the gateware of the same board top, compiled by
    Verilator unless the same was compiled before, behind a serial port.

    Parameters
    ----------
    network : Network or QuantizedNetwork
        What the board is expected to hold.
    port : str
        Path of the serial port of a real board, such as ``/dev/ttyUSB0``, or ``"virtual"``.
    board : str or Board
        Which board it is, or stands for: its clock is what times are stated at.
    design : Design, optional
        The engine that the network runs on; the event engine if not given.
    rate : int or str
        Bits per second of the serial port; or ``"auto"``, the highest at which the board and the
        port exchange a few frames without a fault. A virtual board simulates the rate that is
        given; with ``"auto"`` its port takes as few clock cycles a bit as can be.
    build : str or Path
        Folder of everything generated.

    Returns
    -------
    Session
        The open board. Use it in a ``with``, or close it.

    Raises
    ------
    DataError
        The network cannot run on the engine.
    DeviceError
        The port cannot be opened, no board answers, or it holds another network or engine, or
        cannot have the rate.
    ToolError, BuildError, StorageError
        A virtual board cannot be compiled: a tool is missing or fails, or a file cannot be written.
    ValueError
        There is no such board, ``network`` is none, or a virtual board cannot have the rate.
    """
    design = EventDesign() if design is None else design
    plain, chosen = network_of(network), board_named(board)
    check_design(design, plain)
    text("port", port)
    rate = check_rate("rate", rate)
    build = pathlike("build", build)
    with ExitStack() as stack:
        simulator, known = UNKNOWN_SIMULATOR, {}
        if port == VIRTUAL:
            chosen.check_rate(rate, optional=design.optional)
            # What makes boards loads Amaranth; beside a real one numpy is enough.
            from .compiled import virtual_board
            from .virtual import VirtualBoard

            program = virtual_board(
                plain, clock_hz=chosen.clock_hz, design=design, build=build, board=chosen
            )
            running = stack.enter_context(VirtualBoard(program))
            port = running.port
            simulator = f"Verilator {require('verilator').version}"
            # On a busy machine it may start late; that it has ended or is stopped is seen.
            known = {"timeout": patience(plain, design), "trouble": running.trouble}
        session = connect(
            port, network=plain, design=design, board=chosen, rate=rate, simulator=simulator,
            **known,
        )
        session.close_with(stack.pop_all())
    return session
