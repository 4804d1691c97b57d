"""The virtual board of independent sets, compiled once: it is in the content-addressed cache."""

from pathlib import Path

from spikewright_hw.qubo.board import QuboBoardTop

from ..cache import cached
from ..device.virtual import DIVISOR, compile_virtual
from ..imports import code_key
from ..tools import require
from .solve import QuboSolver

__all__ = ["virtual_qubo_board"]


def virtual_qubo_board(solver: QuboSolver, *, build: Path = Path("build")) -> Path:
    """Compile a virtual board, unless the same was compiled before; return its executable.

    Raises as :func:`~spikewright.device.virtual.build_virtual_board` does.
    """
    size = {
        "vertices": solver.capacity, "lanes": solver.lanes, "clock_hz": round(solver.clock_hz)
    }
    key = {
        **size,
        "code": code_key(__name__),
        "tools": {name: require(name).version for name in ("verilator", "c++")},
    }

    def stage(folder: Path) -> None:
        top = QuboBoardTop(**size, divisor=DIVISOR, virtual=True)
        name = f"virtual_board.n{solver.capacity}_l{solver.lanes}"
        compile_virtual(top, folder, logs=build / "logs" / name)

    return cached("virtual_board", key, stage, root=build / "cache") / "virtual_board"
