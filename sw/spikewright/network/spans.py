"""Intervals of integers, one for each neuron, and what a neuron's program makes of them.

As :mod:`spikewright_hw.definition.interval` does it for one interval, on arrays. What is added is
that the cases of a condition are taken apart: where a neuron does not spike, its membrane is known
to be below the threshold, and so are the sums that it was made of.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, reduce
from itertools import product
from typing import Any

import numpy as np

from spikewright_hw.definition.expression import Expression, Operations
from spikewright_hw.definition.graph import operands, operands_first

__all__ = ["Spans", "after_step"]

#: Most conditions of a program whose cases are taken apart.
_MOST_SPLIT = 5


class Spans:
    """The integers from ``low`` to ``high``, both included, for each neuron.

    Parameters
    ----------
    low, high : int array ``[neurons]``, or one integer for all
        Where ``low`` is above ``high`` there is none.
    """

    __slots__ = ("high", "low")

    def __init__(self, low: Any, high: Any):
        self.low, self.high = low, high

    def __add__(self, other: "Spans") -> "Spans":
        return Spans(self.low + other.low, self.high + other.high)

    def __sub__(self, other: "Spans") -> "Spans":
        return Spans(self.low - other.high, self.high - other.low)

    def __mul__(self, other: "Spans") -> "Spans":
        ends = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Spans(_least(*ends), _most(*ends))

    def __and__(self, other: "Spans") -> "Spans":
        """What both of two conditions are."""
        return Spans(self.low & other.low, self.high & other.high)

    def __or__(self, other: "Spans") -> "Spans":
        """What either of two conditions is."""
        return Spans(self.low | other.low, self.high | other.high)

    def meet(self, other: "Spans") -> "Spans":
        """Return what lies in both."""
        return Spans(_most(self.low, other.low), _least(self.high, other.high))


class _Spans(Operations):
    """Sound, not always tight: a value that is used twice counts as two."""

    @staticmethod
    def constant(value: int) -> Spans:
        return Spans(value, value)

    @staticmethod
    def greater(a: Spans, b: Spans) -> Spans:
        return Spans((a.low > b.high) + 0, (a.high > b.low) + 0)

    @staticmethod
    def at_least(a: Spans, b: Spans) -> Spans:
        return Spans((a.low >= b.high) + 0, (a.high >= b.low) + 0)

    @staticmethod
    def invert(condition: Spans) -> Spans:
        return Spans(1 - condition.high, 1 - condition.low)

    @staticmethod
    def where(condition: Spans, yes: Spans, no: Spans) -> Spans:
        always, never = condition.low > 0, condition.high < 1
        low = np.where(always, yes.low, np.where(never, no.low, _least(yes.low, no.low)))
        high = np.where(always, yes.high, np.where(never, no.high, _most(yes.high, no.high)))
        return Spans(low, high)

    @classmethod
    def minimum(cls, a: Spans, b: Spans) -> Spans:
        return Spans(_least(a.low, b.low), _least(a.high, b.high))

    @classmethod
    def maximum(cls, a: Spans, b: Spans) -> Spans:
        return Spans(_most(a.low, b.low), _most(a.high, b.high))

    @staticmethod
    def shift_left(value: Spans, by: int) -> Spans:
        return Spans(value.low << by, value.high << by)

    @staticmethod
    def shift_right(value: Spans, by: int) -> Spans:
        return Spans(value.low >> by, value.high >> by)

    @staticmethod
    def low_bits(value: Spans, count: int) -> Spans:
        mask = (1 << count) - 1
        same = value.low >> count == value.high >> count
        return Spans(
            np.where(same, value.low & mask, 0), np.where(same, value.high & mask, mask)
        )

    @staticmethod
    def pick(index: Spans, table: tuple[int, ...]) -> Spans:
        low, high = (
            np.array(np.clip(end, 0, len(table) - 1), np.int64) for end in (index.low, index.high)
        )
        size = np.frexp(np.maximum(high - low, 0) + 1)[1] - 1  # of the power of two within
        return Spans(*(
            choose(levels[size, low], levels[size, np.maximum(high + 1 - (1 << size), 0)])
            for choose, levels in zip((np.minimum, np.maximum), _levels(table), strict=True)
        ))


@lru_cache(maxsize=64)
def _levels(table: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the greatest of 1, 2, 4, ... entries from each on, a row for each."""
    rows = [[np.array(table)] for _ in range(2)]
    for choose, levels in zip((np.minimum, np.maximum), rows, strict=True):
        for size in range(len(table).bit_length() - 1):
            later = np.roll(levels[-1], -(1 << size))  # what is rolled in is never asked for
            levels.append(choose(levels[-1], later))
    return np.array(rows[0]), np.array(rows[1])


def after_step(update: Mapping[str, Expression], leaves: Mapping[str, Spans]) -> dict[str, Spans]:
    """Return where the outputs of a program may lie: each next state, before it is saturated.

    Parameters
    ----------
    update : mapping of str to Expression
        A program of integers.
    leaves : mapping of str to Spans
        Where the states, the inputs and the constants lie.
    """
    order = operands_first(update.values())
    at_once = _forward(order, leaves, {})
    open_ones = [
        node for node in _conditions(order, update)
        if np.any(at_once[node].low != at_once[node].high)
    ]
    found: dict[str, Spans] = {}
    for held in product((True, False), repeat=len(open_ones)):
        values, possible = _case(order, leaves, dict(zip(open_ones, held, strict=True)))
        for name, node in update.items():
            one = values[node]
            known = found.get(name, Spans(at_once[node].high, at_once[node].low))  # none so far
            found[name] = Spans(
                np.where(possible, _least(known.low, one.low), known.low),
                np.where(possible, _most(known.high, one.high), known.high),
            )
    return found


def _conditions(order: Sequence[Expression], update: Mapping[str, Expression]) -> list[Expression]:
    """Return the comparisons whose cases are taken apart: all, or of many those of the spike."""
    comparisons = [node for node in order if node.operation in ("greater", "at_least")]
    if len(comparisons) <= _MOST_SPLIT:
        return comparisons

    def parts(node: Expression) -> Iterator[Expression]:
        if node.operation in ("both", "either", "invert"):
            for operand in node.operands:
                yield from parts(operand)
        elif node in comparisons:
            yield node

    return list(dict.fromkeys(parts(update["spike"])))[:_MOST_SPLIT] if "spike" in update else []


def _case(
    order: Sequence[Expression], leaves: Mapping[str, Spans], held: Mapping[Expression, bool]
) -> tuple[dict[Expression, Spans], Any]:
    """Return the values where conditions hold or not, and for which neurons that is possible."""
    met = {node: Spans(int(one), int(one)) for node, one in held.items()}
    values = _forward(order, leaves, met)
    if held:
        _backward(order, values)
        values = _forward(order, leaves, values)
    possible = np.True_
    for one in values.values():
        possible = possible & (one.low <= one.high)
    return values, possible


def _forward(
    order: Sequence[Expression], leaves: Mapping[str, Spans], met: Mapping[Expression, Spans]
) -> dict[Expression, Spans]:
    operations = _Spans()
    values: dict[Expression, Spans] = {}
    for node in order:
        if node.operation == "leaf":
            made = leaves[node.operands[0]]
        else:
            method = getattr(operations, node.operation)
            made = method(*operands(node, values))
        values[node] = made.meet(met[node]) if node in met else made
    return values


def _backward(order: Sequence[Expression], values: dict[Expression, Spans]) -> None:
    """Narrow the operands of each node to what its own values leave of them."""
    for node in reversed(order):
        if (narrow := _NARROWED.get(node.operation)) is None:
            continue
        of = values[node]
        for operand, left in zip(node.operands, narrow(of, *operands(node, values)), strict=False):
            values[operand] = values[operand].meet(left)


def _of_comparison(of: Spans, a: Spans, b: Spans, *, strict: int) -> tuple[Spans, Spans]:
    """``a > b`` where strict is 1, else ``a >= b``; only of a condition that is decided."""
    if np.any(of.low != of.high):
        return a, b
    if np.all(of.low == 1):
        return Spans(b.low + strict, a.high), Spans(b.low, a.high - strict)
    if np.all(of.high == 0):
        return Spans(a.low, b.high + strict - 1), Spans(a.low - strict + 1, b.high)
    return a, b


def _of_choice(of: Spans, condition: Spans, yes: Spans, no: Spans) -> tuple[Spans, ...]:
    if np.all(condition.low == 1):
        return condition, of, no
    if np.all(condition.high == 0):
        return condition, yes, of
    return condition, yes, no


_NARROWED = {
    "greater": lambda of, a, b: _of_comparison(of, a, b, strict=1),
    "at_least": lambda of, a, b: _of_comparison(of, a, b, strict=0),
    "where": _of_choice,
    "add": lambda of, a, b: (of - b, of - a),
    "subtract": lambda of, a, b: (of + b, a - of),
    "shift_left": lambda of, a, by: (Spans(-(-of.low >> by), of.high >> by),),
    "shift_right": lambda of, a, by: (Spans(of.low << by, (of.high << by) + (1 << by) - 1),),
    "minimum": lambda of, a, b: (Spans(of.low, a.high), Spans(of.low, b.high)),
    "maximum": lambda of, a, b: (Spans(a.low, of.high), Spans(b.low, of.high)),
}


def _least(*values: Any) -> Any:
    return reduce(np.minimum, values)


def _most(*values: Any) -> Any:
    return reduce(np.maximum, values)
