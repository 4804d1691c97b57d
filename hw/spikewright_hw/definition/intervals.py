"""Range analysis: the interval of each output of a definition, so that no width is guessed."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..fixed import Format
from .definition import Definition
from .expression import Operations, evaluate

__all__ = ["Interval", "ranges"]


@dataclass(frozen=True)
class Interval:
    """The integers from ``low`` to ``high``, both included."""

    low: int
    high: int

    def __add__(self, other: "Interval") -> "Interval":
        return Interval(self.low + other.low, self.high + other.high)

    def __sub__(self, other: "Interval") -> "Interval":
        return Interval(self.low - other.high, self.high - other.low)

    def __rshift__(self, other: "Interval") -> "Interval":
        ends = [end >> by for end in (self.low, self.high) for by in (other.low, other.high)]
        return Interval(min(ends), max(ends))

    @property
    def width(self) -> int:
        """Bits of the narrowest two's-complement number that holds the interval."""
        return max(self.high, ~self.low).bit_length() + 1


class _Intervals(Operations):
    @staticmethod
    def constant(value: int) -> Interval:
        return Interval(value, value)

    @staticmethod
    def greater(a: Interval, b: Interval) -> Interval:
        return Interval(int(a.low > b.high), int(a.high > b.low))

    @staticmethod
    def at_least(a: Interval, b: Interval) -> Interval:
        return Interval(int(a.low >= b.high), int(a.high >= b.low))

    @staticmethod
    def where(condition: Interval, yes: Interval, no: Interval) -> Interval:
        if condition.low > 0 or condition.high < 0:
            return yes
        if condition.low == condition.high == 0:
            return no
        return Interval(min(yes.low, no.low), max(yes.high, no.high))


def ranges(
    definition: Definition, *, i: Interval, parameters: Mapping[str, int], format: Format
) -> dict[str, Interval]:
    """Give the interval of each next state before saturation, from any state of the format.

    The result is sound, not always tight: a value that is used twice counts as two.
    """
    leaves = {name: Interval(value, value) for name, value in parameters.items()}
    leaves |= dict.fromkeys(definition.states, Interval(format.min, format.max))
    return evaluate(definition.update, leaves | {"i": i}, _Intervals())
