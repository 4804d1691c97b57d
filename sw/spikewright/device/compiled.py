"""Virtual boards, compiled once: they are in the content-addressed cache."""

from pathlib import Path

from spikewright_hw.engine.design import Design, EventDesign
from spikewright_hw.network import Network

from ..cache import cached
from ..gateware.board import Board
from ..imports import code_key
from ..tools import require
from .virtual import build_virtual_board

__all__ = ["virtual_board"]


def virtual_board(
    network: Network, *, clock_hz: int, design: Design | None = None, build: Path = Path("build"),
    faults: bool = False, board: Board | None = None,
) -> Path:
    """Compile a virtual board, unless the same was compiled before; return its executable.

    With ``faults``, bits of its memories can be flipped while it runs. With ``board`` it has the
    sensors of this one, unless the design has few commands.
    """
    design = EventDesign() if design is None else design
    sensed = board if board is not None and board.sensors and design.optional else None
    key = {
        "network": network.digest().hex(),
        "design": repr(design),
        "clock_hz": clock_hz,
        "faults": faults,
        "sensors": repr(sensed and (sensed.sensors, sensed.clock_hz)),
        "code": code_key(__name__),
        "tools": {name: require(name).version for name in ("verilator", "c++")},
    }

    def stage(folder: Path) -> None:
        logs = build / "logs" / f"virtual_board.{network.digest().hex()[:8]}"
        build_virtual_board(
            network, folder, clock_hz=clock_hz, design=design, logs=logs, faults=faults,
            monitor=sensed and sensed.monitor(virtual=True),
        )

    return cached("virtual_board", key, stage, root=build / "cache") / "virtual_board"
