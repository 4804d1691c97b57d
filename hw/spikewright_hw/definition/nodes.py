"""Nodes of a program: integers with a point, each made once, each with its range."""

import math
from dataclasses import dataclass
from fractions import Fraction

from .expression import CONDITIONS, Expression
from .interval import Interval, IntervalOperations

__all__ = ["Nodes", "Number", "signed_digits"]

#: How far the digits of a coefficient reach below its first one, in bits.
_SPAN = 24


def signed_digits(value: float, count: int) -> list[tuple[int, int]]:
    """Return at most ``count`` signs and exponents whose sum of ``sign * 2**exponent`` is near.

    Greedy: each digit is the power of two that is nearest to what is left, the upper one of two
    that are as near, so each leaves at most a third of it. No digit is less than 2^-24 of the
    first.
    """
    digits: list[tuple[int, int]] = []
    left = value
    while left and len(digits) < count:
        sign = 1 if left > 0 else -1
        half, exponent = math.frexp(abs(left))
        exponent -= half < 0.75
        if digits and exponent < digits[0][1] - _SPAN:
            break
        digits.append((sign, exponent))
        left -= sign * 2.0**exponent
    return digits


@dataclass(frozen=True)
class Number:
    """A node that stands for ``node * 2**-fraction``.

    ``varies`` says that it depends on a state, and so is known only within a step.
    """

    node: Expression
    fraction: int
    interval: Interval
    varies: bool

    @property
    def is_condition(self) -> bool:
        """Whether this is 0 or 1 by what it is."""
        return self.node.operation in CONDITIONS

    @property
    def is_constant(self) -> bool:
        """Whether this is a plain integer."""
        return self.node.operation == "constant"

    def times_power_of_two(self, exponent: int) -> "Number":
        """Return the same node, read with its point elsewhere."""
        return Number(self.node, self.fraction - exponent, self.interval, self.varies)


class Nodes:
    """Makes numbers; the same operation on the same operands is the same node."""

    def __init__(self):
        self._made: dict[tuple, Number] = {}

    def leaf(self, name: str, fraction: int, interval: Interval, *, varies: bool) -> Number:
        """Make an input of the program."""
        return Number(Expression.leaf(name), fraction, interval, varies)

    def constant(self, stored: int, fraction: int = 0) -> Number:
        """Make a constant."""
        node = self._made.setdefault(
            ("constant", stored),
            Number(Expression("constant", stored), 0, Interval(stored, stored), False),
        ).node
        return Number(node, fraction, Interval(stored, stored), False)

    def level(self, value: Fraction) -> Number:
        """Make a constant of a binary fraction, with no more bits after the point than it has."""
        return self.constant(value.numerator, value.denominator.bit_length() - 1)

    def make(
        self,
        operation: str,
        *operands: Number | int | tuple,
        fraction: int = 0,
        within: Interval | None = None,
    ) -> Number:
        """Make the node of an operation; its result has ``fraction`` bits after the point.

        ``within`` is an interval that is known to hold it, where that of the operation is wider.
        """
        numbers = [one for one in operands if isinstance(one, Number)]
        key = (operation, *(one.node if isinstance(one, Number) else one for one in operands))
        if key not in self._made:
            interval = within or getattr(IntervalOperations, operation)(
                *(one.interval if isinstance(one, Number) else one for one in operands)
            )
            varies = any(one.varies for one in numbers)
            self._made[key] = Number(Expression(*key), 0, interval, varies)
        known = self._made[key]
        return Number(known.node, fraction, known.interval, known.varies)

    def aligned(self, x: Number, fraction: int) -> Number:
        """Return a number with at least as many bits after the point as it has."""
        if x.fraction == fraction:
            return x
        if x.is_constant:
            return self.constant(x.node.operands[0] << (fraction - x.fraction), fraction)
        return self.make("shift_left", x, fraction - x.fraction, fraction=fraction)

    def binary(self, operation: str, x: Number, y: Number) -> Number:
        """Make an operation on two numbers with their points one above the other."""
        fraction = max(x.fraction, y.fraction)
        x, y = self.aligned(x, fraction), self.aligned(y, fraction)
        return self.make(operation, x, y, fraction=0 if operation in CONDITIONS else fraction)

    def product(self, x: Number, y: Number) -> Number:
        """Multiply; a square is never negative."""
        squared = x.interval.squared if x.node is y.node else None
        return self.make("multiply", x, y, fraction=x.fraction + y.fraction, within=squared)

    def distance(self, x: Number, y: Number) -> Number:
        """Make the larger of a number and its negative, with their points one above the other."""
        return self.make("maximum", x, y, fraction=x.fraction, within=x.interval.size)

    def choose(self, condition: Number, yes: Number, no: Number) -> Number:
        """Make a choice."""
        fraction = max(yes.fraction, no.fraction)
        yes, no = self.aligned(yes, fraction), self.aligned(no, fraction)
        return self.make("where", condition, yes, no, fraction=fraction)

    def total(self, terms: list[tuple[int, Number]]) -> tuple[int, Number]:
        """Add signed numbers in pairs, so that the sum is not deeper than it must be."""
        while len(terms) > 1:
            pairs = [terms[n : n + 2] for n in range(0, len(terms), 2)]
            terms = [self._pair(*pair) if len(pair) == 2 else pair[0] for pair in pairs]
        return terms[0]

    def _pair(self, a: tuple[int, Number], b: tuple[int, Number]) -> tuple[int, Number]:
        (sign_a, x), (sign_b, y) = a, b
        if sign_a == sign_b:
            return sign_a, self.binary("add", x, y)
        return 1, self.binary("subtract", *((x, y) if sign_a > 0 else (y, x)))
