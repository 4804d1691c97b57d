"""Argmax: index of the largest of several values, two levels of comparisons per cycle."""

from collections.abc import Sequence

from amaranth import Module, Mux, Signal, Value, signed
from amaranth.hdl import ValueLike
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["PRESETS", "Argmax", "argmax", "argmax_latency", "core"]

#: Levels of comparisons in a cycle: as long as an updater's adders.
_LEVELS = 2

#: Parameter sets by name: a tree with an odd number of values in each level, and the ten digits.
PRESETS = {"w8_n5": {"width": 8, "count": 5}, "w16_n10": {"width": 16, "count": 10}}


def argmax(values: Sequence[int]) -> int:
    """Return the index of the largest value; of equal ones, the first: the definition."""
    return max(range(len(values)), key=lambda index: (values[index], -index))


def argmax_latency(count: int) -> int:
    """Return the cycles that an :class:`Argmax` of ``count`` values takes: one at least."""
    return max(1, -(-(count - 1).bit_length() // _LEVELS))


class Argmax(wiring.Component):
    """Find the largest of ``count`` signed values; of equal ones, the first.

    Latency is ``latency`` cycles, half the depth of a binary tree and one at least; throughput is
    one set of values per cycle. There is no backpressure: the result is there for one cycle.

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
        """Elaborate a tree with registers after each second level, and after the last."""
        m = Module()
        level: list[tuple[Value, ValueLike]] = [
            (self.i_values[number], number) for number in range(self.count)
        ]
        valid: Value = self.i_valid
        for cycle in range(self.latency):
            valid_q = Signal(name=f"valid_{cycle}")
            m.d.sync += valid_q.eq(valid)
            valid = valid_q
            for depth in range(cycle * _LEVELS, (cycle + 1) * _LEVELS):
                level = self._larger(m, level, depth)
            held = []
            for at, (value, index) in enumerate(level):
                value_q = Signal(signed(self.width), name=f"value_{cycle}_{at}")
                index_q = Signal.like(self.o_index, name=f"index_{cycle}_{at}")
                m.d.sync += [value_q.eq(value), index_q.eq(index)]
                held.append((value_q, index_q))
            level = held
        m.d.comb += [self.o_index.eq(level[0][1]), self.o_valid.eq(valid)]
        return m

    def _larger(
        self, m: Module, level: list[tuple[Value, ValueLike]], depth: int
    ) -> list[tuple[Value, ValueLike]]:
        """Build the comparisons of a level; return the larger value of each pair, and its index."""
        found = []
        for at in range(0, len(level), 2):
            (value, index), *other = level[at : at + 2]
            if other:
                ((value_b, index_b),) = other
                second = Signal(name=f"second_{depth}_{at // 2}")
                m.d.comb += second.eq(value_b > value)
                value, index = Mux(second, value_b, value), Mux(second, index_b, index)
            found.append((value, index))
        return found


core = Argmax
