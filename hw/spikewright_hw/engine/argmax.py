"""Argmax: index of the largest of several values, of four with each other in a cycle."""

from collections.abc import Sequence
from functools import reduce
from itertools import combinations
from operator import or_

from amaranth import Cat, Module, Mux, Signal, Value, signed
from amaranth.hdl import ValueLike
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["PRESETS", "Argmax", "argmax", "argmax_latency", "core"]

#: Values that are compared in a cycle, each with each other: two levels of a binary tree, one after
#: the other, would take nearly twice as long.
_TOGETHER = 4

#: Parameter sets by name: a tree with an odd number of values in each level, and the ten digits.
PRESETS = {"w8_n5": {"width": 8, "count": 5}, "w16_n10": {"width": 16, "count": 10}}


def argmax(values: Sequence[int]) -> int:
    """Return the index of the largest value; of equal ones, the first: the definition."""
    return max(range(len(values)), key=lambda index: (values[index], -index))


def argmax_latency(count: int) -> int:
    """Return the cycles that an :class:`Argmax` of ``count`` values takes: one at least."""
    return max(1, -(-(count - 1).bit_length() // 2))


class Argmax(wiring.Component):
    """Find the largest of ``count`` signed values; of equal ones, the first.

    Latency is ``latency`` cycles, the depth of a tree of fours and one at least; throughput is one
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
        level: list[tuple[Value, ValueLike]] = [
            (self.i_values[number], number) for number in range(self.count)
        ]
        valid: Value = self.i_valid
        for cycle in range(self.latency):
            valid_q = Signal(name=f"valid_{cycle}")
            m.d.sync += valid_q.eq(valid)
            valid = valid_q
            level = [
                self._largest(m, level[at : at + _TOGETHER], name=f"{cycle}_{at // _TOGETHER}")
                for at in range(0, len(level), _TOGETHER)
            ]
            held = []
            for at, (value, index) in enumerate(level):
                value_q = Signal(signed(self.width), name=f"value_{cycle}_{at}")
                index_q = Signal.like(self.o_index, name=f"index_{cycle}_{at}")
                m.d.sync += [value_q.eq(value), index_q.eq(index)]
                held.append((value_q, index_q))
            level = held
        m.d.comb += [self.o_index.eq(level[0][1]), self.o_valid.eq(valid)]
        return m

    def _largest(
        self, m: Module, given: list[tuple[Value, ValueLike]], *, name: str
    ) -> tuple[Value, ValueLike]:
        """Build the comparisons of some values; return the largest, the first of equal ones."""
        if len(given) == 1:
            return given[0]
        wins = Signal(len(given), name=f"wins_{name}")
        over = {  # whether the later of two is larger
            (first, second): given[second][0] > given[first][0]
            for first, second in combinations(range(len(given)), 2)
        }
        m.d.comb += wins.eq(Cat(
            Cat(over[other, at] for other in range(at)).all()
            & ~Cat(over[at, other] for other in range(at + 1, len(given))).any()
            for at in range(len(given))
        ))
        values = (Mux(wins[at], value, 0) for at, (value, _) in enumerate(given))
        indices = (Mux(wins[at], index, 0) for at, (_, index) in enumerate(given))
        return reduce(or_, values), reduce(or_, indices)


core = Argmax
