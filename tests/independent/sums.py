"""Decision 8: sums of atoms with real coefficients, and how numbers are rounded."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import floor, log2
from typing import NamedTuple

from .tables import FUNCTIONS, rounded

__all__ = ["ONE", "REALS", "ZERO", "Constant", "Sum", "compute", "digits", "half_up", "level"]

REALS = FUNCTIONS | {
    "add": lambda x, y: x + y,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y,
    "minimum": min,
    "maximum": max,
    "greater": lambda x: x > 0,
    "at_least": lambda x: x >= 0,
    "both": lambda x, y: x and y,
    "either": lambda x, y: x or y,
    "invert": lambda x: not x,
    "where": lambda condition, x, y: x if condition else y,
}


class Constant(NamedTuple):
    """A number, and whether a parameter is in it."""

    value: float
    given: bool = False


def compute(operation: str, *operands: Constant) -> Constant:
    value = REALS[operation](*(one.value for one in operands))
    return Constant(float(value), any(one.given for one in operands))


ZERO, ONE = Constant(0.0), Constant(1.0)


@dataclass(frozen=True)
class Sum:
    """Atoms, each with a real coefficient, and a real constant."""

    terms: tuple[tuple[int, Constant], ...] = ()
    constant: Constant = ZERO

    def times(self, factor: Constant) -> "Sum":
        return self._each(self, lambda x, _: compute("multiply", x, factor))

    def plus(self, other: "Sum") -> "Sum":
        return self._each(other, lambda x, y: compute("add", x, y))

    def chosen(self, condition: Constant, other: "Sum") -> "Sum":
        return self._each(other, lambda x, y: compute("where", condition, x, y))

    def _each(self, other: "Sum", function) -> "Sum":
        """Combine coefficients; the form follows from the equations, not from parameters."""
        mine, its = dict(self.terms), dict(other.terms)
        terms = {n: function(mine.get(n, ZERO), its.get(n, ZERO)) for n in mine | its}
        left = tuple((n, x) for n, x in terms.items() if x != ZERO)
        return Sum(left, function(self.constant, other.constant))


def half_up(x: float | Fraction, bits: int) -> Fraction:
    """Round to so many bits after the point."""
    return Fraction(rounded(Fraction(x) * 2**bits), 2**bits)


@cache
def level(x: float, bits: int) -> Fraction:
    """Round a constant to the step of the finest state."""
    return half_up(x, bits)


@cache
def digits(x: float) -> Fraction:
    """Round a coefficient: at most four signed powers of two, greedily."""
    left, found = Fraction(x), []
    while left and len(found) < 4 and abs(x) >= 2.0**-40:
        nearest = Fraction(2) ** floor(log2(abs(left)))
        if abs(left) >= nearest * Fraction(3, 2):
            nearest *= 2
        if found and nearest < abs(found[0]) / 2**24:
            break
        found.append(nearest if left > 0 else -nearest)
        left -= found[-1]
    return sum(found, Fraction(0))
