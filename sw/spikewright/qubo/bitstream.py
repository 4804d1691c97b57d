"""The bitstream of a board of independent sets."""

from collections.abc import Callable, Sequence
from pathlib import Path

from spikewright_hw.checks import instance
from spikewright_hw.qubo.board import QuboBoardTop

from ..gateware.bitstream import Bitstream, build_top
from ..gateware.board import Board, board_named
from ..gateware.closing import LIMIT_S, SEEDS, ClockMissed
from .board import BOARD
from .solve import QuboSolver

__all__ = ["build_qubo_bitstream"]


def build_qubo_bitstream(
    solver: QuboSolver | None = None,
    *,
    board: str | Board = BOARD,
    seeds: Sequence[int] = SEEDS,
    limit_s: float = LIMIT_S,
    build: str | Path = "build",
    progress: Callable[[str], None] = lambda step: None,
) -> Bitstream:
    """Build the bitstream of a board that searches graphs of up to so many vertices.

    Parameters
    ----------
    solver : QuboSolver, optional
        Its size; the clock is that of the board.
    board : str or Board
        One of :data:`~spikewright.gateware.board.BOARDS`, or its name.
    seeds, limit_s, build, progress
        As :func:`spikewright.build_bitstream` takes them; it raises the same errors.

    Raises
    ------
    ValueError
        There is no such board, or the solver has words of less than a byte.
    """
    solver, board = QuboSolver() if solver is None else solver, board_named(board)
    instance(QuboSolver)("solver", solver)
    top = QuboBoardTop(
        vertices=solver.capacity, lanes=solver.lanes, divisor=board.divisor,
        clock_hz=board.clock_hz, virtual=False,
    )
    names = {"vertices": solver.capacity, "lanes": solver.lanes}
    try:
        return build_top(
            lambda: top, board=board, names=names, seeds=seeds, limit_s=limit_s, build=build,
            progress=progress,
        )
    except ClockMissed as missed:
        slower = [hz for hz in board.clocks_hz if hz <= missed.reach_mhz * 1e6]
        clock = f"a slower clock, such as board.at({slower[-1] / 1e6:.9g}), or " if slower else ""
        missed.args = (f"{missed} Use {clock}fewer lanes",)
        raise
