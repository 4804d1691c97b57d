"""Opens the board on a serial port, and makes sure that it holds what is expected."""

from collections.abc import Callable

from spikewright_hw.engine.design import Design, EventDesign
from spikewright_hw.network import Network

from ..gateware.bit_rate import AUTO
from ..gateware.board import BOARDS, DEFAULT_BOARD, Board
from .link import Link
from .patience import SILENCE_S
from .session import Session

__all__ = ["UNKNOWN_SIMULATOR", "connect"]

#: What simulates a virtual board that was found at a port: who compiled it is not known.
UNKNOWN_SIMULATOR = "unknown simulator"


def connect(
    port: str,
    *,
    network: Network,
    design: Design | None = None,
    board: Board = BOARDS[DEFAULT_BOARD],
    rate: int | str = AUTO,
    timeout: float = SILENCE_S,
    retries: int = 2,
    simulator: str = UNKNOWN_SIMULATOR,
    trouble: Callable[[], str] = lambda: "",
) -> Session:
    """Open the board on a serial port and make sure that it holds ``network``.

    Parameters
    ----------
    port : str
        Path of the port; a virtual board has one, too.
    network : Network
        What the board is expected to hold.
    design : Design, optional
        The engine that it is expected to run on; the event engine if not given.
    board : Board
        Which board it is, or stands for.
    rate : int or str
        Bits per second of the port, or ``"auto"``; see :meth:`Session.set_rate`.
    timeout : float
        Seconds of silence after which a command is repeated; for an inference they are
        :func:`~.patience.patience`, at least.
    retries : int
        Repetitions of a command before giving up.
    simulator : str
        What runs the board if it is virtual.
    trouble : callable
        Says why the board cannot answer at all; see :class:`~spikewright.device.link.Link`.

    Raises
    ------
    DeviceError
        The port cannot be opened, no board answers, or it speaks another version of the protocol,
        or holds another network, or this one on another engine.
    """
    design = EventDesign() if design is None else design
    link = Link(
        port, timeout=timeout, retries=retries, trouble=trouble, baud=board.baud
    )
    session = Session(link, network=network, design=design, board=board, simulator=simulator)
    try:
        session.identify()
        session.set_rate(rate)
        session.load_weights()
    except BaseException:
        session.close()
        raise
    return session
