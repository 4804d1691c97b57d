"""Intervals of integers, and what each operation of a program makes of them."""

from dataclasses import dataclass

from .expression import Operations

__all__ = ["Interval", "IntervalOperations"]


@dataclass(frozen=True)
class Interval:
    """The integers from ``low`` to ``high``, both included."""

    low: int
    high: int

    def __post_init__(self):
        if self.low > self.high:
            raise ValueError(f"an interval from {self.low} to {self.high} holds nothing")

    @classmethod
    def of(cls, *values: int) -> "Interval":
        """Return the narrowest interval that holds these values."""
        return cls(min(values), max(values))

    def hull(self, other: "Interval") -> "Interval":
        """Return the narrowest interval that holds both."""
        return Interval(min(self.low, other.low), max(self.high, other.high))

    @property
    def width(self) -> int:
        """Bits of the narrowest two's-complement number that holds the interval."""
        return max(self.high, ~self.low).bit_length() + 1

    def __add__(self, other: "Interval") -> "Interval":
        return Interval(self.low + other.low, self.high + other.high)

    def __sub__(self, other: "Interval") -> "Interval":
        return Interval(self.low - other.high, self.high - other.low)

    def __mul__(self, other: "Interval") -> "Interval":
        ends = (self.low, self.high), (other.low, other.high)
        return Interval.of(*(a * b for a in ends[0] for b in ends[1]))

    @property
    def size(self) -> "Interval":
        """The distances from zero."""
        low, high = sorted((abs(self.low), abs(self.high)))
        return Interval(0 if self.low < 0 < self.high else low, high)

    @property
    def squared(self) -> "Interval":
        """The products of a number with itself."""
        return self.size * self.size

    def __and__(self, other: "Interval") -> "Interval":  # of conditions
        return Interval(self.low & other.low, self.high & other.high)

    def __or__(self, other: "Interval") -> "Interval":  # of conditions
        return Interval(self.low | other.low, self.high | other.high)


class IntervalOperations(Operations):
    """Sound, not always tight: a value that is used twice counts as two.

    Squares and distances from zero are known where nodes are made, since they are never negative.
    """

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
    def invert(condition: Interval) -> Interval:
        return Interval(1 - condition.high, 1 - condition.low)

    @staticmethod
    def where(condition: Interval, yes: Interval, no: Interval) -> Interval:
        if condition.low == condition.high:
            return yes if condition.low else no
        return Interval.of(yes.low, yes.high, no.low, no.high)

    @classmethod
    def minimum(cls, a: Interval, b: Interval) -> Interval:
        return Interval(min(a.low, b.low), min(a.high, b.high))

    @classmethod
    def maximum(cls, a: Interval, b: Interval) -> Interval:
        return Interval(max(a.low, b.low), max(a.high, b.high))

    @staticmethod
    def shift_left(value: Interval, by: int) -> Interval:
        return Interval(value.low << by, value.high << by)

    @staticmethod
    def shift_right(value: Interval, by: int) -> Interval:
        return Interval(value.low >> by, value.high >> by)

    @staticmethod
    def low_bits(value: Interval, count: int) -> Interval:
        if value.low >> count == value.high >> count:
            mask = (1 << count) - 1
            return Interval(value.low & mask, value.high & mask)
        return Interval(0, (1 << count) - 1)

    @staticmethod
    def pick(index: Interval, table: tuple[int, ...]) -> Interval:
        return Interval.of(*table[index.low : index.high + 1])
