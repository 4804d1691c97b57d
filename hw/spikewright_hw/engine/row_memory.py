"""Row memory: the rows of weights of one bank, in block RAM and in look-up tables."""

from collections.abc import Sequence
from typing import Any

from amaranth import Cat, Module, Mux, Signal, unsigned
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from .ram_style import LARGEST_IN_LUTS, rom_attributes

__all__ = ["RowMemory"]


class RowMemory(wiring.Component):
    """Reads a row of weights in one cycle; without a spike, a row of zeros.

    The lower bits of a row lie in block RAM, the others in look-up tables: a part whose block RAMs
    are one column too few holds a row so. A memory of few rows lies in look-up tables whole.

    Parameters
    ----------
    rows : sequence of int
        The rows, each as one number.
    width : int
        Bits of a row.
    block_bits : int, at least 1
        Bits of a row in block RAM, at most.

    Members
    -------
    place : In(range(len(rows)))
        The row to read.
    spike : In(1)
        There is one.
    en : In(1)
        Read; else the row stands.
    o : Out(width)
        The row, a cycle later.
    """

    place: Signal
    spike: Signal
    en: Signal
    o: Signal

    def __init__(self, *, rows: Sequence[int], width: int, block_bits: int):
        self.rows = rows
        self.width = width
        self.block_bits = 0 if len(rows) <= LARGEST_IN_LUTS else min(block_bits, width)
        super().__init__({
            "place": In(range(max(2, len(rows)))), "spike": In(1), "en": In(1), "o": Out(width),
        })

    def elaborate(self, platform) -> Module:
        """Elaborate the two memories."""
        m = Module()
        parts = []
        if self.block_bits:
            parts.append(self._in_block_ram(m))
        if self.block_bits < self.width:
            parts.append(self._in_luts(m))
        m.d.comb += self.o.eq(Cat(parts))
        return m

    def _in_block_ram(self, m: Module) -> Any:
        """Build the memory of the lower bits, whose last row is that of no spike."""
        count, mask = len(self.rows), (1 << self.block_bits) - 1
        m.submodules.block = words = memory.Memory(
            shape=unsigned(self.block_bits), depth=count + 1,
            init=[*(row & mask for row in self.rows), 0], attrs=rom_attributes(count),
        )
        port = words.read_port()
        m.d.comb += [port.addr.eq(Mux(self.spike, self.place, count)), port.en.eq(self.en)]
        return port.data

    def _in_luts(self, m: Module) -> Signal:
        """Build the others, which are looked up a cycle later, as a block RAM gives its data.

        What a place is made of so ends in a register, and is not part of each bit's function.
        """
        bits = self.width - self.block_bits
        m.submodules.luts = words = memory.Memory(
            shape=unsigned(bits), depth=max(2, len(self.rows)),
            init=[row >> self.block_bits for row in self.rows], attrs={"rom_style": "logic"},
        )
        port, row = words.read_port(domain="comb"), Signal(bits)
        place, spike = Signal.like(self.place), Signal()
        with m.If(self.en):
            m.d.sync += [place.eq(self.place), spike.eq(self.spike)]
        m.d.comb += [port.addr.eq(place), row.eq(Mux(spike, port.data, 0))]
        return row
