"""How precise each function of an equation must be: what its result does to the states.

From the states backwards, with the real ranges of all values: by how many steps a state is off when
the result is off by one, and from which size of the result on the state is saturated whatever else
adds to it. Both as powers of two, so that parameters that are near one another need the same table.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from .expression import FUNCTIONS, Expression, Operations, evaluate
from .functions import image, real_interval, steepest
from .interval import Interval, IntervalOperations

__all__ = ["Use", "uses"]

#: Bits of a function's result below the step of the state in which it ends.
GUARD = 3
#: Most bits of a function's result, its sign apart.
WIDEST = 32
#: Most bits behind the point of an argument.
_FINEST = 40
_HUGE = 1e150
_CONDITIONS = ("greater", "at_least", "both", "either", "invert")


@dataclass(frozen=True, order=True)
class Use:
    """What is asked of a function's table.

    Parameters
    ----------
    result : int
        Bits behind the point of the result.
    limit : int
        Results of ``2**limit`` and more need not be told apart.
    argument : int
        Bits behind the point of the argument; what is below them cannot matter.
    gain : float
        Steps by which the state is off where the result is off by 1.
    state : str
        The state in which it ends, or ``"spike"``.
    """

    result: int
    limit: int
    argument: int
    gain: float = field(compare=False)
    state: str = field(compare=False)


def uses(
    outputs: Mapping[str, Expression],
    *,
    ranges: Mapping[str, Interval],
    steps: Mapping[str, float],
    bounds: Mapping[str, float],
) -> dict[Expression, Use]:
    """Return the use of each function in a definition's equations.

    Parameters
    ----------
    outputs : mapping of str to Expression
        Next states, and ``spike``.
    ranges : mapping of str to Interval
        Of every leaf, in real numbers.
    steps, bounds : mapping of str to float
        The step of each state, and from which size on it is saturated; those of ``spike`` are of
        what its comparisons compare.
    """
    order: dict[Expression, Interval] = {}
    names: dict[str, Expression] = {}
    _collect(outputs, names)
    values = evaluate(names, ranges, _Ranges())
    for name, node in names.items():
        order[node] = values[name]
    smallest = min(steps.values())
    found: dict[Expression, Use] = {}
    for output, node in outputs.items():
        back = _Backward(order, steps[output], compared=steps["spike"], smallest=smallest)
        back.run(node, bounds[output])
        for function, (gain, limit, argument) in back.functions.items():
            use = _use(function.operation, argument, gain=gain, limit=limit, state=output)
            known = found.get(function)
            found[function] = use if known is None else _both(known, use)
    return found


def _both(a: Use, b: Use) -> Use:
    more = max(a, b, key=lambda use: use.gain)
    bits = (max(getattr(a, name), getattr(b, name)) for name in ("result", "limit", "argument"))
    result, limit, argument = bits
    return Use(min(result, WIDEST - limit), limit, argument, more.gain, more.state)


def _use(operation: str, x: Interval, *, gain: float, limit: float, state: str) -> Use:
    function = "reciprocal" if operation == "divide" else operation
    reached = image(function, x)
    limit = min(limit, max(abs(reached.low), abs(reached.high)))
    most = _bits(limit)
    result = min(GUARD + _bits(gain), WIDEST - most)
    most = max(most, 1 - result)
    slope = steepest(function, x, limit=2.0**most)
    if math.isinf(slope):  # at zero, where the logarithm has no end and the root half the bits
        argument = _FINEST if function == "log" else 2 * max(result, 1)
    else:
        argument = result + _bits(slope)
    return Use(result, most, max(0, min(argument, _FINEST)), gain, state)


def _bits(value: float) -> int:
    """Return the least power of two that is not below a value."""
    return math.ceil(math.log2(min(max(value, 2.0**-60), 2.0**60)))


def _collect(outputs: Mapping[str, Expression], names: dict[str, Expression]) -> None:
    seen: set[Expression] = set()

    def visit(node: object) -> None:
        if isinstance(node, Expression) and node not in seen:
            seen.add(node)
            for operand in node.operands:
                visit(operand)
            names[str(len(names))] = node  # operands come first

    for node in outputs.values():
        visit(node)


class _Ranges(IntervalOperations):
    """Real intervals, no further out than what is told apart."""

    def made(self, value: Interval) -> Interval:
        low, high = (max(-_HUGE, min(_HUGE, end)) for end in (value.low, value.high))
        return real_interval(low, high)

    add = staticmethod(Operations.add)

    @staticmethod
    def divide(a: Interval, b: Interval) -> Interval:
        return a * image("reciprocal", b)


def _image_of(function: str):
    return staticmethod(lambda x: image(function, x))


for _name in FUNCTIONS:
    setattr(_Ranges, _name, _image_of(_name))


@dataclass
class _Backward:
    """Carries, from one output back, what an error is worth and from which size on it is not."""

    ranges: dict[Expression, Interval]
    step: float
    compared: float
    smallest: float
    gains: dict[Expression, float] = field(default_factory=dict)
    limits: dict[Expression, float] = field(default_factory=dict)
    functions: dict[Expression, tuple[float, float, Interval]] = field(default_factory=dict)

    def run(self, output: Expression, bound: float) -> None:
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
        if node.operation in _CONDITIONS:
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
        if x.low < x.high and self._most(a):
            self._table(node, b, gain * self._most(a), limit / self._least(a))

    def _function(self, node: Expression, gain: float, limit: float) -> None:
        (x,) = node.operands
        self._table(node, x, gain, limit)

    def _table(self, node: Expression, x: Expression, gain: float, limit: float) -> None:
        function = "reciprocal" if node.operation == "divide" else node.operation
        self.functions[node] = (gain, limit, self.ranges[x])
        slope = steepest(function, self.ranges[x], limit=min(limit, 1 / self.smallest**2))
        self._mark(x, gain * min(slope, 1 / self.smallest), _HUGE)

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
