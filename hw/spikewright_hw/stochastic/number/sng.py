"""Stochastic number generator: bitstreams of given values from one random source."""

from amaranth import Cat, Module
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["PRESETS", "Sng", "bits", "core"]

#: Parameter sets by name.
PRESETS = {"w4": {"width": 4, "lanes": 1}, "w8": {"width": 8, "lanes": 4}}


def bits(number: int, values: list[int]) -> int:
    """Give the bits that ``values`` make of one random number, lane 0 in bit 0."""
    return sum((number < value) << lane for lane, value in enumerate(values))


class Sng(wiring.Component):
    """Comparator generator: a bit is one when the random number is less than the value.

    A lane's value has ``width + 1`` bits and runs from 0 to ``2**width``, both ends included: 0
    makes no one at all, ``2**width`` nothing but ones, whatever the source. A value above is taken
    as ``2**width``. From a source that shows each of the ``2**width`` numbers once in a period, a
    value of ``x`` makes exactly ``x`` ones in that period. An LFSR of the same width leaves out the
    number zero: in its period of ``2**width - 1`` there are ``x - 1`` ones, for ``x`` of 1 or more.

    All lanes compare with the same number, so their streams are as correlated as they can be: take
    the factors of a multiplication from different sources.

    The latency is one clock cycle, and the throughput is one bit a lane per clock cycle for as long
    as ``o.ready`` is high. A bit is made of the value that stands at the port in the cycle in which
    its number is taken.

    Parameters
    ----------
    width : int
        Bits of a random number, at least 1.
    lanes : int
        Bitstreams made side by side, at least 1.

    Members
    -------
    values : In(ArrayLayout(width + 1, lanes))
        Values to represent, in units of ``2**-width``.
    i : In(stream.Signature(width))
        Random numbers.
    o : Out(stream.Signature(lanes))
        Bits, bit ``k`` that of lane ``k``.
    """

    values: data.View
    i: stream.Interface
    o: stream.Interface

    def __init__(self, *, width: int, lanes: int = 1):
        if width < 1:
            raise ValueError(f"a random number has at least one bit, not {width}")
        if lanes < 1:
            raise ValueError(f"a generator has at least one lane, not {lanes}")
        self.width = width
        self.lanes = lanes
        super().__init__(
            {
                "values": In(data.ArrayLayout(width + 1, lanes)),
                "i": In(stream.Signature(width)),
                "o": Out(stream.Signature(lanes)),
            }
        )

    def elaborate(self, platform) -> Module:
        """Build the comparators and the output register."""
        m = Module()
        m.d.comb += self.i.ready.eq(self.o.ready | ~self.o.valid)
        with m.If(self.i.ready):
            m.d.sync += [
                self.o.valid.eq(self.i.valid),
                self.o.payload.eq(
                    Cat(self.i.payload < self.values[lane] for lane in range(self.lanes))
                ),
            ]
        return m


core = Sng
