"""Argmax: index of the largest of several values, which come at once or in words."""

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

#: Parameter sets by name: a tree with an odd number of values in each level, and the ten digits;
#: and values that come three by three.
PRESETS = {
    "w8_n5": {"width": 8, "count": 5}, "w16_n10": {"width": 16, "count": 10},
    "w6_n9_words": {"width": 6, "count": 9, "words": 3},
}


def argmax(values: Sequence[int]) -> int:
    """Return the index of the largest value; of equal ones, the first: the definition."""
    return max(range(len(values)), key=lambda index: (values[index], -index))


def argmax_latency(count: int, *, words: int = 1) -> int:
    """Return the cycles that an :class:`Argmax` takes from its last values on: one at least."""
    return max(1, -(-(count // words - 1).bit_length() // 2)) + (words > 1)


class Argmax(wiring.Component):
    """Find the largest of ``count`` signed values; of equal ones, the first.

    Those that come together are compared in a tree of fours, which takes its depth in cycles, and
    one at least. Of values that come in words, the largest of each is compared with that of those
    before, one cycle later. Latency is ``latency`` cycles from the last word; throughput is one
    word per cycle. There is no backpressure: the result is there for one cycle.

    Parameters
    ----------
    width : int, at least 1
        Bits of a value.
    count : int, at least 1
        Number of values.
    words : int, at least 1
        In how many words they come, a divisor of ``count``.

    Members
    -------
    i_values : In(ArrayLayout(signed(width), count // words))
        The values of a word, the first ones first.
    i_valid : In(1)
        A word is there; each ``words`` of them are a set.
    o_index : Out(range(count))
        Index of the largest; of equal values, the first.
    o_valid : Out(1)
        The index is there, for one cycle.
    """

    i_values: data.View
    i_valid: Signal
    o_index: Signal
    o_valid: Signal

    def __init__(self, *, width: int, count: int, words: int = 1):
        if count < 1:
            raise ValueError(f"there is no largest of {count} values")
        if words < 1 or count % words:
            raise ValueError(f"words is {words}; {count} values come in a divisor of {count} words")
        self.count = count
        self.width = width
        self.words = words
        self.together = count // words
        self.latency = argmax_latency(count, words=words)
        super().__init__({
            "i_values": In(data.ArrayLayout(signed(width), self.together)),
            "i_valid": In(1),
            "o_index": Out(range(max(2, count))),
            "o_valid": Out(1),
        })

    def elaborate(self, platform):
        """Elaborate the tree of a word, and what follows the words."""
        m = Module()
        valid, value, index = self._tree(m)
        if self.words > 1:
            self._follow(m, valid, value, index)
        else:
            m.d.comb += [self.o_index.eq(index), self.o_valid.eq(valid)]
        return m

    def _follow(self, m: Module, valid: Value, value: Value, index: ValueLike) -> None:
        """Build the registers of the largest value of a set so far, and of its index."""
        base = Signal(range(self.count))  # of the word's first value
        final = base == self.count - self.together
        largest = Signal.like(value)
        m.d.sync += self.o_valid.eq(valid & final)
        with m.If(valid):
            m.d.sync += base.eq(Mux(final, 0, base + self.together))
            with m.If((base == 0) | (value > largest)):
                m.d.sync += [largest.eq(value), self.o_index.eq(base + index)]

    def _tree(self, m: Module) -> tuple[Value, Value, ValueLike]:
        """Build a tree with registers after each level.

        Return whether there is a largest value of a word, that value, and its index in the word.
        """
        level: list[tuple[Value, ValueLike]] = [
            (self.i_values[number], number) for number in range(self.together)
        ]
        valid: Value = self.i_valid
        for cycle in range(argmax_latency(self.together)):
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
        return valid, *level[0]

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
