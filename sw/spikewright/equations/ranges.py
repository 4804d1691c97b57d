"""The range of each value in the equations, in real numbers.

States and the current range over the number format, and parameters are the values given. A value
that could make a step undefined, such as a divisor of zero, is refused at its place. The ranges
are sound, not always tight: a value that is used twice counts as two, but in a square and in a
distance from zero, as it does in the analysis of the integers.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from spikewright_hw.definition.expression import FUNCTIONS, Expression
from spikewright_hw.definition.functions import image, real_interval
from spikewright_hw.definition.graph import listing

from .parse import Places
from .place import EquationError

__all__ = ["Range", "Ranges"]


@dataclass(frozen=True)
class Range:
    """The real numbers from ``low`` to ``high``."""

    low: float
    high: float

    @classmethod
    def of(cls, *values: float) -> "Range":
        """Return the narrowest range that holds these values."""
        real = [0.0 if math.isnan(value) else value for value in values]  # 0 times infinity
        return cls(min(real), max(real))

    @classmethod
    def sum(cls, low: float, high: float) -> "Range":
        """Return a range whose ends are sums, of which infinity minus infinity is no number."""
        return cls(-math.inf if math.isnan(low) else low, math.inf if math.isnan(high) else high)

    @property
    def size(self) -> "Range":
        """The distances from zero."""
        low, high = sorted((abs(self.low), abs(self.high)))
        return Range(0.0 if self.low < 0 < self.high else low, high)

    def __str__(self) -> str:
        if self.low == self.high:
            return f"{self.low:g}"
        return f"{self.low:g} to {self.high:g}"


class Ranges:
    """Ranges of expressions, given those of their leaves.

    Parameters
    ----------
    leaves : mapping of str to Range
        The leaves by name.
    places : mapping of Expression to Place
        Where the nodes stand; what stands nowhere is not refused.
    """

    def __init__(self, leaves: Mapping[str, Range], places: Places):
        self.leaves = dict(leaves)
        self._places = places
        self._known: dict[Expression, Range] = {}

    def of(self, node: Expression) -> Range:
        """Return the range of an expression.

        Raises
        ------
        EquationError
            It could divide by zero, or take a logarithm or root of what has none.
        """
        if node not in self._known:
            self._known[node] = self._work_out(node)
        return self._known[node]

    def _work_out(self, node: Expression) -> Range:
        operation, operands = node.operation, node.operands
        if operation == "leaf":
            return self.leaves[operands[0]]
        if operation == "constant":
            return Range(operands[0], operands[0])
        ranges = [self.of(operand) for operand in operands]
        self._check(node, ranges)
        if operation == "multiply" and _same(*operands):
            return _product(ranges[0].size, ranges[0].size)
        if operation == "maximum" and any(map(_opposite, operands, reversed(operands))):
            return ranges[0].size
        return _RANGES[operation](*ranges)

    def _check(self, node: Expression, ranges: list[Range]) -> None:
        place = self._places.get(node.operands[-1])
        last = ranges[-1]
        words = place.words if place else "this"
        if node.operation == "divide" and last.low <= 0 <= last.high:
            if node.operands[-1].operation == "constant":
                raise EquationError("this divides by zero; divide by another number", place)
            if last.low == last.high:
                raise EquationError(
                    f"{words} is 0, and this divides by it; give it another value", place
                )
            if _is_exponential_less_one(node.operands[-1]):
                raise EquationError(
                    f"this divides by {words}, whose range is {last}, so it could be zero; "
                    "x/(exp(x) - 1), which is 1 at zero, is written 1/exprel(x)",
                    place,
                )
            raise EquationError(
                f"this divides by {words}, whose range is {last}, so it could be zero; keep it "
                f"away from zero, such as by max({words}, 0.1)",
                place,
            )
        if node.operation == "log" and last.low <= 0:
            raise EquationError(
                f"this takes the logarithm of {words}, whose range is {last}; keep it above zero, "
                f"such as by max({words}, 0.1)",
                place,
            )
        if node.operation == "sqrt" and last.low < 0:
            raise EquationError(
                f"this takes the square root of {words}, whose range is {last}; keep it from being "
                f"negative, such as by max({words}, 0)",
                place,
            )


def _same(a: Expression, b: Expression) -> bool:
    """Return whether two expressions are the same equation."""
    return a is b or listing({"": a}) == listing({"": b})


def _opposite(a: Expression, b: Expression) -> bool:
    """Return whether this is -b, as in a distance from zero, max(b, -b)."""
    if a.operation != "subtract":
        return False
    zero, number = a.operands
    return zero.operation == "constant" and not zero.operands[0] and _same(number, b)


def _is_exponential_less_one(node: Expression) -> bool:
    """Return whether this is expm1(x), exp(x) - 1 or 1 - exp(x)."""
    if node.operation == "expm1":
        return True
    if node.operation != "subtract":
        return False
    kinds = {operand.operation: operand for operand in node.operands}
    return set(kinds) == {"exp", "constant"} and kinds["constant"].operands[0] == 1


def _monotone(function: Callable[[float], float]) -> Callable[[Range], Range]:
    def apply(a: Range) -> Range:
        return Range(function(a.low), function(a.high))

    return apply


def _exp(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf


def _product(a: Range, b: Range) -> Range:
    return Range.of(*(x * y for x in (a.low, a.high) for y in (b.low, b.high)))


def _choice(condition: Range, yes: Range, no: Range) -> Range:
    if condition.low == condition.high:
        return yes if condition.low else no
    return Range(min(yes.low, no.low), max(yes.high, no.high))


def _image(function: str) -> Callable[[Range], Range]:
    def apply(a: Range) -> Range:
        found = image(function, real_interval(a.low, a.high))
        return Range(found.low, found.high)

    return apply


_RANGES: dict[str, Callable[..., Range]] = {
    "add": lambda a, b: Range.sum(a.low + b.low, a.high + b.high),
    "subtract": lambda a, b: Range.sum(a.low - b.high, a.high - b.low),
    "multiply": _product,
    "divide": lambda a, b: _product(a, Range(1 / b.high, 1 / b.low)),
    "greater": lambda a, b: Range(float(a.low > b.high), float(a.high > b.low)),
    "at_least": lambda a, b: Range(float(a.low >= b.high), float(a.high >= b.low)),
    "both": lambda a, b: Range(min(a.low, b.low), min(a.high, b.high)),
    "either": lambda a, b: Range(max(a.low, b.low), max(a.high, b.high)),
    "invert": lambda a: Range(1 - a.high, 1 - a.low),
    "where": _choice,
    "minimum": lambda a, b: Range(min(a.low, b.low), min(a.high, b.high)),
    "maximum": lambda a, b: Range(max(a.low, b.low), max(a.high, b.high)),
    "exp": _monotone(_exp),
} | {name: _image(name) for name in FUNCTIONS if name != "exp"}
