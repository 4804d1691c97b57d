"""AXI4-Stream ports of a core as streams of this bench: the bus' signals are one payload."""

from typing import Any

from amaranth import unsigned
from amaranth.lib import data

from .bench import Bench
from .stream import Port

__all__ = ["axi_port"]


class Joined:
    """Several ports as one, the first lowest."""

    def __init__(self, parts: list[tuple[Any, int]]):
        self._parts = parts

    @property
    def value(self) -> int:
        """The bits of all."""
        found, at = 0, 0
        for handle, width in self._parts:
            found |= int(handle.value) << at
            at += width
        return found

    @value.setter
    def value(self, bits: int) -> None:
        for handle, width in self._parts:
            handle.value = bits & (1 << width) - 1
            bits >>= width


def axi_port(bench: Bench, prefix: str) -> Port:
    """Return ``prefix``'s port; its payload has the fields data, last and, if it is there, user."""
    core = bench.component
    widths = {
        name: len(getattr(core, f"{prefix}_t{name}"))
        for name in ("data", "last", "user") if hasattr(core, f"{prefix}_t{name}")
    }
    parts = [(getattr(bench.dut, f"{prefix}_t{name}"), width) for name, width in widths.items()]
    return Port(
        clk=bench.dut.clk,
        valid=getattr(bench.dut, f"{prefix}_tvalid"),
        ready=getattr(bench.dut, f"{prefix}_tready"),
        payload=Joined(parts),
        shape=data.StructLayout({name: unsigned(width) for name, width in widths.items()}),
        name=prefix,
    )
