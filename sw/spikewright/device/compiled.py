"""Virtual boards, compiled once: they are in the content-addressed cache."""

from pathlib import Path

from spikewright_hw.engine.design import Design, EventDesign
from spikewright_hw.network import Network

from ..cache import cached
from ..imports import code_key
from ..tools import require
from .virtual import build_virtual_board

__all__ = ["virtual_board"]


def virtual_board(
    network: Network, *, clock_hz: int, design: Design | None = None, build: Path = Path("build"),
    faults: bool = False,
) -> Path:
    """Compile a virtual board, unless the same was compiled before; return its executable.

    With ``faults``, bits of its memories can be flipped while it runs.
    """
    design = EventDesign() if design is None else design
    key = {
        "network": network.digest().hex(),
        "design": repr(design),
        "clock_hz": clock_hz,
        "faults": faults,
        "code": code_key(__name__),
        "tools": {name: require(name).version for name in ("verilator", "c++")},
    }

    def stage(folder: Path) -> None:
        logs = build / "logs" / f"virtual_board.{network.digest().hex()[:8]}"
        build_virtual_board(
            network, folder, clock_hz=clock_hz, design=design, logs=logs, faults=faults
        )

    return cached("virtual_board", key, stage, root=build / "cache") / "virtual_board"
