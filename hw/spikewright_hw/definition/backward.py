"""From an output of the equations backwards: what an error of each value is worth there."""

# Each method of_... is the rule of an operation.
# ruff: noqa: D102

from dataclasses import dataclass, field

from .expression import CONDITIONS, Expression
from .functions import image, steepest
from .interval import Interval

__all__ = ["Backward"]

_HUGE = 1e150


@dataclass
class Backward:
    """Carries back, from an output, what an error is worth and from which size on nothing is.

    Parameters
    ----------
    ranges : dict of Expression to Interval
        Of every node, in real numbers, operands first.
    step, compared : float
        Steps of the output, and of what comparisons compare.
    smallest : float
        The smallest step of any state.

    Attributes
    ----------
    functions : dict of Expression to (float, float, Interval)
        Of each function its gain, its limit and the range of its argument.
    """

    ranges: dict[Expression, Interval]
    step: float
    compared: float
    smallest: float
    gains: dict[Expression, float] = field(default_factory=dict)
    limits: dict[Expression, float] = field(default_factory=dict)
    functions: dict[Expression, tuple[float, float, Interval]] = field(default_factory=dict)

    def run(self, output: Expression, bound: float) -> None:
        """Walk back from an output that is saturated from ``bound`` on."""
        self._mark(output, 1 / self.step, bound)
        for node in reversed(self.ranges):
            if node in self.gains and node.operation not in ("leaf", "constant"):
                rule = getattr(self, f"of_{node.operation}", self._function)
                gain, limit = min(self.gains[node], _HUGE), min(self.limits[node], _HUGE)
                rule(node, gain, limit)

    def _mark(self, node: Expression, gain: float, limit: float) -> None:
        self.gains[node] = self.gains.get(node, 0.0) + gain
        self.limits[node] = max(self.limits.get(node, 0.0), limit)

    def _most(self, node: Expression) -> float:
        return max(abs(self.ranges[node].low), abs(self.ranges[node].high))

    def _least(self, node: Expression) -> float:
        """Return the smallest size of a value that is not zero."""
        range = self.ranges[node]
        if node.operation in CONDITIONS:
            return 1.0
        if range.low <= 0 <= range.high:
            return min(self.smallest, max(self._most(node), 1 / _HUGE))
        return min(abs(range.low), abs(range.high))

    def of_add(self, node: Expression, gain: float, limit: float) -> None:
        a, b = node.operands
        self._mark(a, gain, limit + self._most(b))
        self._mark(b, gain, limit + self._most(a))

    of_subtract = of_add

    def of_multiply(self, node: Expression, gain: float, limit: float) -> None:
        for one, other in (node.operands, reversed(node.operands)):
            if self._most(other):
                self._mark(one, gain * self._most(other), limit / self._least(other))

    def of_divide(self, node: Expression, gain: float, limit: float) -> None:
        a, b = node.operands
        x = self.ranges[b]
        over = image("reciprocal", x)
        least = 1 / max(abs(x.low), abs(x.high), 1 / _HUGE)
        self._mark(a, gain * max(abs(over.low), abs(over.high)), limit / least)
        if self._most(a):
            self._table(node, b, gain * self._most(a), limit / self._least(a))

    def _function(self, node: Expression, gain: float, limit: float) -> None:
        (x,) = node.operands
        self._table(node, x, gain, limit)

    def _table(self, node: Expression, x: Expression, gain: float, limit: float) -> None:
        function = "reciprocal" if node.operation == "divide" else node.operation
        self.functions[node] = (gain, limit, self.ranges[x])
        slope = steepest(function, self.ranges[x], limit=min(limit, 1 / self.smallest**2))
        # A reciprocal is lost below a sixteenth of a step, and so is what it is of.
        reach = 16 * gain if function == "reciprocal" else _HUGE
        self._mark(x, gain * min(slope, _HUGE), reach)

    def of_where(self, node: Expression, gain: float, limit: float) -> None:
        condition, yes, no = node.operands
        self._mark(condition, 1.0, 1.0)
        self._mark(yes, gain, limit)
        self._mark(no, gain, limit)

    def of_minimum(self, node: Expression, gain: float, limit: float) -> None:
        for one in node.operands:
            self._mark(one, gain, limit)

    of_maximum = of_minimum

    def of_greater(self, node: Expression, gain: float, limit: float) -> None:
        a, b = node.operands
        self._mark(a, 1 / self.compared, self._most(b) + self.compared)
        self._mark(b, 1 / self.compared, self._most(a) + self.compared)

    of_at_least = of_greater

    def of_both(self, node: Expression, gain: float, limit: float) -> None:
        for one in node.operands:
            self._mark(one, 1.0, 1.0)

    of_either = of_invert = of_both
