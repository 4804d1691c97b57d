"""Repack: the bits of a step, from words of one width to words of another."""

from collections.abc import Iterable
from math import gcd

from amaranth import Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["PRESETS", "Repack", "core", "repack"]

PRESETS = {
    "b8_n3_o5": {"bits": 8, "count": 3, "out_bits": 5, "total": 19},
    "b3_n5_o8": {"bits": 3, "count": 5, "out_bits": 8},
    "b8_n9_o32": {"bits": 8, "count": 9, "out_bits": 32, "total": 70},
    "b4_n3_o12": {"bits": 4, "count": 3, "out_bits": 12},  # a step at once
    "b6_n2_o6": {"bits": 6, "count": 2, "out_bits": 6, "total": 11},
}


def repack(
    words: Iterable[int], *, bits: int, count: int, out_bits: int, total: int | None = None
) -> list[int]:
    """Return the words of whole steps in another width: the definition of correct."""
    given = list(words)
    found = []
    for first in range(0, len(given), count):
        step = sum(word << at * bits for at, word in enumerate(given[first : first + count]))
        left = bits * count if total is None else total
        step &= (1 << left) - 1
        while left > 0:
            found.append(step & (1 << out_bits) - 1)
            step >>= out_bits
            left -= out_bits
    return found


class Repack(wiring.Component):
    """Cuts the bits of a step anew: from words of ``bits`` to words of ``out_bits``.

    The order of the bits stays. The last word of a step is filled up with zeros. Throughput is one
    word per cycle on the side that has more of them in a step; where the last word in fills the
    last but one out and leaves bits over, the next step waits a cycle for these. Latency is one
    cycle.

    A register bit takes its value from as few bits of the input as the widths allow: from one bit
    alone if ``bits`` divides ``out_bits``.

    Parameters
    ----------
    bits : int, at least 1
        Width of a word that comes.
    count : int, at least 1
        Words of a step that come.
    out_bits : int, at least 1
        Width of a word that leaves.
    total : int, optional
        Bits of a step that count, the rest of its last word being dropped; all if not given.

    Members
    -------
    i : In(stream.Signature(unsigned(bits)))
        ``count`` words for each step, the first bits first, the lowest bit of a word first.
    o : Out(stream.Signature(unsigned(out_bits)))
        As many words as ``total`` bits need.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(self, *, bits: int, count: int, out_bits: int, total: int | None = None):
        for what, size in (("word in", bits), ("word out", out_bits)):
            if size < 1:
                raise ValueError(f"a {what} has at least one bit, not {size}")
        if count < 1:
            raise ValueError(f"a step has at least one word, not {count}")
        self.bits = bits
        self.count = count
        self.out_bits = out_bits
        self.total = bits * count if total is None else total
        if not bits * (count - 1) < self.total <= bits * count:
            raise ValueError(
                f"a step of {count} words of {bits} bits has {bits * (count - 1) + 1} to "
                f"{bits * count} bits that count, not {total}"
            )
        self._last = self.total - bits * (count - 1)  # bits of a step's last word that count
        super().__init__({
            "i": In(stream.Signature(unsigned(bits))),
            "o": Out(stream.Signature(unsigned(out_bits))),
        })

    @property
    def out_count(self) -> int:
        """Words of a step that leave."""
        return -(-self.total // self.out_bits)

    def elaborate(self, platform) -> Module:
        """Elaborate the register of bits on their way, and how many it holds."""
        m = Module()
        # All is counted in units: what both widths are a multiple of.
        unit = gcd(self.bits, self.out_bits)
        given, taken = self.bits // unit, self.out_bits // unit
        places = sorted({at * given % taken for at in range(self.count)})
        held = Signal(unit * max(taken, places[-1] + given))
        level = Signal(range(taken + given))  # units held
        closed = Signal()  # they are the last of their step
        final, units = self._step(m, given=given, unit=unit)

        whole, gives, takes, waits = (
            Signal(name=name) for name in ("whole", "gives", "takes", "waits")
        )
        left, kept = Signal.like(level, name="left"), Signal.like(held, name="kept")
        m.d.comb += [
            whole.eq(level >= taken),
            self.o.valid.eq(whole | closed),
            self.o.payload.eq(held),
            gives.eq(self.o.valid & self.o.ready),
            # What there is after a word has left:
            left.eq(Mux(gives, Mux(whole, level - taken, 0), level)),
            kept.eq(Mux(gives, held >> self.out_bits, held)),
            waits.eq((left >= taken) | (closed & (left != 0))),
            self.i.ready.eq(~waits),
            takes.eq(self.i.valid & ~waits),
        ]
        m.d.sync += [level.eq(left + Mux(takes, units, 0)), held.eq(kept)]
        with m.If(takes):
            m.d.sync += closed.eq(final)
        with m.Elif(gives & (left == 0)):
            m.d.sync += closed.eq(0)
        # What is held ends with zeros, so that a word that comes is laid over them.
        bits = Signal(self.bits)
        m.d.comb += bits.eq(Mux(final, self.i.payload[: self._last], self.i.payload))
        for place in places:
            with m.If(takes & (left == place)):
                m.d.sync += held.eq(kept | bits << place * unit)
        return m

    def _step(self, m: Module, *, given: int, unit: int) -> tuple[Value, Value]:
        """Build the count of a step's words.

        Return whether the word at the input is the last one, and the units of it that count.
        """
        of_last = Const(-(-self._last // unit))
        if self.count == 1:
            return Const(1), of_last
        at = Signal(range(self.count))
        final = at == self.count - 1
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += at.eq(Mux(final, 0, at + 1))
        return final, Mux(final, of_last, given)


core = Repack
