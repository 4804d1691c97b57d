"""Argmax: index of the largest of several values, one level of comparisons per cycle."""

from collections.abc import Sequence

from amaranth import Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["PRESETS", "Argmax", "argmax", "argmax_latency", "core"]

#: Parameter sets by name: a tree with an odd number of values in each level, and the ten digits.
PRESETS = {"w8_n5": {"width": 8, "count": 5}, "w16_n10": {"width": 16, "count": 10}}


def argmax(values: Sequence[int]) -> int:
    """Return the index of the largest value; of equal ones, the first: the definition."""
    return max(range(len(values)), key=lambda index: (values[index], -index))


def argmax_latency(count: int) -> int:
    """Return the cycles that an :class:`Argmax` of ``count`` values takes: one at least."""
    return max(1, (count - 1).bit_length())


class Argmax(wiring.Component):
    """Find the largest of ``count`` signed values; of equal ones, the first.

    Latency is ``latency`` cycles, the depth of a binary tree and one at least; throughput is one
    set of values per cycle. There is no backpressure: the result is there for one cycle.

    Parameters
    ----------
    width : int, at least 1
        Bits of a value.
    count : int, at least 1
        Number of values.

    Members
    -------
    i_values : In(ArrayLayout(signed(width), count))
        The values.
    i_valid : In(1)
        The values are there.
    o_index : Out(range(count))
        Index of the largest; of equal values, the first.
    o_valid : Out(1)
        The index is there, for one cycle.
    """

    i_values: data.View
    i_valid: Signal
    o_index: Signal
    o_valid: Signal

    def __init__(self, *, width: int, count: int):
        if count < 1:
            raise ValueError(f"there is no largest of {count} values")
        self.count = count
        self.width = width
        self.latency = argmax_latency(count)
        super().__init__({
            "i_values": In(data.ArrayLayout(signed(width), count)),
            "i_valid": In(1),
            "o_index": Out(range(max(2, count))),
            "o_valid": Out(1),
        })

    def elaborate(self, platform):
        """Elaborate a tree with registers after each level."""
        m = Module()
        level = [(self.i_values[number], number) for number in range(self.count)]
        valid = self.i_valid
        for depth in range(self.latency):
            valid_q = Signal(name=f"valid_{depth}")
            m.d.sync += valid_q.eq(valid)
            valid = valid_q
            pairs, level = level, []
            for at in range(0, len(pairs), 2):
                value_q = Signal(signed(self.width), name=f"value_{depth}_{at // 2}")
                index_q = Signal.like(self.o_index, name=f"index_{depth}_{at // 2}")
                (value, index), *other = pairs[at : at + 2]
                if other:
                    (value_b, index_b) = other[0]
                    second = Signal(name=f"second_{depth}_{at // 2}")
                    m.d.comb += second.eq(value_b > value)
                    value, index = Mux(second, value_b, value), Mux(second, index_b, index)
                m.d.sync += [value_q.eq(value), index_q.eq(index)]
                level.append((value_q, index_q))
        m.d.comb += [self.o_index.eq(level[0][1]), self.o_valid.eq(valid)]
        return m


core = Argmax
