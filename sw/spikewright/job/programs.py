"""Virtual boards, kept by content."""

from importlib.metadata import version
from pathlib import Path

from spikewright_hw.engine.design import Design, EventDesign
from spikewright_hw.network import Network

from ..cache import cached, source_digest
from ..device.virtual import build_virtual_board
from ..tools import require

__all__ = ["virtual_board"]

#: Code that decides what a virtual board is.
_SOURCES = ("spikewright.device", "spikewright_hw")


def virtual_board(
    network: Network, *, clock_hz: int, design: Design | None = None, build: Path = Path("build")
) -> Path:
    """Compile a virtual board, unless the same was compiled before; give its program."""
    design = EventDesign() if design is None else design
    key = {
        "network": network.digest().hex(),
        "design": repr(design),
        "clock_hz": clock_hz,
        "sources": source_digest(*_SOURCES),
        "tools": {name: require(name).version for name in ("verilator", "c++")},
        "amaranth": version("amaranth"),
    }

    def stage(folder: Path) -> None:
        build_virtual_board(network, folder, clock_hz=clock_hz, design=design)

    return cached("virtual_board", key, stage, root=build / "cache") / "virtual_board"
