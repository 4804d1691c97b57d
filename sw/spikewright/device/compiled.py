"""Virtual boards, compiled once: they are in the content-addressed cache."""

from pathlib import Path
from typing import Any

from spikewright_hw.emit import as_rtlil
from spikewright_hw.engine.design import Design, EventDesign
from spikewright_hw.link.sensors import Monitor
from spikewright_hw.network import Network

from ..cache import cached, digest
from ..gateware.board import Board
from ..imports import code_key
from ..tools import require
from .memory_faults import Faults
from .virtual import HARNESS, build_virtual_board, virtual_top

__all__ = ["virtual_board", "virtual_content"]


def virtual_board(
    network: Network, *, clock_hz: int, design: Design | None = None, build: Path = Path("build"),
    faults: Faults | None = None, board: Board | None = None,
) -> Path:
    """Compile a virtual board, unless the same was compiled before; return its executable.

    With ``faults``, bits of its memories can be flipped while it runs, these or others. With
    ``board`` it has the sensors of this one, unless the design has few commands.
    """
    design = EventDesign() if design is None else design
    sensed = _sensed(board, design)
    key = {
        "network": network.digest().hex(),
        "design": repr(design),
        "clock_hz": clock_hz,
        "faults": faults is not None,
        "sensors": repr(sensed and (sensed.sensors, sensed.clock_hz)),
        "code": code_key(__name__),
        "tools": _versions(),
    }

    def stage(folder: Path) -> None:
        logs = build / "logs" / f"virtual_board.{network.digest().hex()[:8]}"
        build_virtual_board(
            network, folder, clock_hz=clock_hz, design=design, logs=logs, faults=faults,
            monitor=_monitor(sensed),
        )

    return cached("virtual_board", key, stage, root=build / "cache") / "virtual_board"


def virtual_content(
    network: Network, *, clock_hz: int, design: Design, board: Board | None = None
) -> dict[str, Any]:
    """Return what a virtual board's answers follow from, by content, as JSON values.

    That is its gateware as it is emitted, the program around it, and the tools: not the code that
    they were made by. Arguments as for :func:`virtual_board`.
    """
    top = virtual_top(
        network, clock_hz=clock_hz, design=design, monitor=_monitor(_sensed(board, design))
    )
    return {
        "gateware": digest(as_rtlil(top, name="board")),
        "harness": digest(HARNESS.read_text(encoding="utf-8")),
        "tools": _versions(),
    }


def _sensed(board: Board | None, design: Design) -> Board | None:
    return board if board is not None and board.sensors and design.optional else None


def _monitor(sensed: Board | None) -> Monitor | None:
    return sensed and sensed.monitor(virtual=True)


def _versions() -> dict[str, str]:
    return {name: require(name).version for name in ("verilator", "c++")}
