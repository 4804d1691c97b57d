"""docs/tables.md, "A, R and L": how many bits each table of a neuron has."""

from math import ceil, inf, log2

from .tables import FUNCTIONS

__all__ = ["numbers_of_tables"]

HUGE = 1e150


def numbers_of_tables(neuron) -> dict[int, tuple[int, int, int]]:
    """Return A, R and L of each function: by the number of its node, or that of its quotient."""
    nodes, outputs = neuron.definition.nodes, neuron.definition.outputs
    if not any(operation in FUNCTIONS or operation == "divide" for operation, *_ in nodes):
        return {}
    ranges = [(0.0, 0.0)] * len(nodes)
    for n in sorted(reached(nodes, outputs.values())):
        ranges[n] = range_of(neuron, ranges, *nodes[n])
    found: dict[int, tuple[int, int, int]] = {}
    for output, node in outputs.items():
        for n, numbers in Backwards(neuron, ranges, output, node).tables.items():
            a, r, limit = map(max, numbers, found.get(n, numbers))
            found[n] = a, min(r, 32 - limit), limit
    return found


def reached(nodes: list[tuple], waiting) -> set[int]:
    """Return the nodes that lead to an output."""
    seen, waiting = set(), list(waiting)
    while waiting:
        n = waiting.pop()
        if n not in seen:
            seen.add(n)
            operation, *operands = nodes[n]
            waiting += operands if operation not in ("leaf", "constant") else []
    return seen


def image(name: str, low: float, high: float) -> tuple[float, float]:
    """Return the range of a function."""
    if name == "reciprocal":
        return (-HUGE, HUGE) if low <= 0 <= high else (1 / high, 1 / low)
    if name in ("log", "sqrt"):
        low, high = max(low, 1e-30), max(high, 1e-30)
    return FUNCTIONS[name](low), FUNCTIONS[name](high)


def range_of(neuron, ranges, operation: str, *operands) -> tuple[float, float]:
    """Return the range of a node, with states and inputs anywhere in their formats."""
    if operation == "constant":
        return operands[0], operands[0]
    if operation == "leaf":
        (name,) = operands
        if name in neuron.parameters:
            return neuron.parameters[name], neuron.parameters[name]
        bits = neuron.bits.get(name, neuron.fraction)
        low, high = neuron.ends.get(name, neuron.input_ends)
        return low / 2**bits, high / 2**bits
    parts = [ranges[one] for one in operands]
    match operation, parts:
        case "add", ((a, b), (c, d)):
            return a + c, b + d
        case "subtract", ((a, b), (c, d)):
            return a - d, b - c
        case "minimum", ((a, b), (c, d)):
            return min(a, c), min(b, d)
        case "maximum", ((a, b), (c, d)):
            return max(a, c), max(b, d)
        case "greater", ((a, b), (c, d)):
            return a > d, b > c
        case "at_least", ((a, b), (c, d)):
            return a >= d, b >= c
        case "both", ((a, b), (c, d)):
            return a and c, b and d
        case "either", ((a, b), (c, d)):
            return a or c, b or d
        case "invert", ((a, b),):
            return not b, not a
        case "where", ((a, b), yes, no):
            if a == b:
                return yes if a else no
            return min(yes[0], no[0]), max(yes[1], no[1])
        case "multiply" | "divide", (left, right):
            right = image("reciprocal", *right) if operation == "divide" else right
            ends = [max(-HUGE, min(HUGE, x * y)) for x in left for y in right]
            return min(ends), max(ends)
    return image(operation, *parts[0])


def steepest(name: str, low: float, high: float, limit: float) -> float:
    """Return the steepest slope where values are within a limit."""
    match name:
        case "exp":
            return min(limit, FUNCTIONS[name](high))
        case "expm1":
            return min(limit + 1, FUNCTIONS["exp"](high))
        case "exprel":
            return min(limit, max(FUNCTIONS[name](high), 0.5))
        case "tanh" | "sigmoid":
            return 1.0 if name == "tanh" else 0.25
        case "reciprocal":
            near = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
            return min(limit * limit, near**-2 if near else inf)
    if low <= 0:
        return inf
    return 1 / low if name == "log" else 0.5 / low**0.5


def power(x: float) -> int:
    """Return the least power of two that is not below a number."""
    return ceil(log2(min(max(x, 2.0**-60), 2.0**60)))


class Backwards:
    """From one output backwards: the gain and the size of every node on the way."""

    def __init__(self, neuron, ranges, output: str, node: int):
        self.neuron, self.ranges = neuron, ranges
        self.membrane, self.least_step = 2.0**-neuron.fraction, 2.0**-neuron.finest
        self.found: dict[int, tuple[float, float]] = {}
        self.tables: dict[int, tuple[int, int, int]] = {}
        if output == "spike":
            self.mark(node, 1.0, 1.0)
        else:
            step = 2.0 ** -neuron.bits[output]
            self.mark(node, 1 / step, (max(map(abs, neuron.ends[output])) + 1) * step)
        for n in range(len(neuron.definition.nodes) - 1, -1, -1):
            if n in self.found:
                gain, size = self.found[n]
                self.back(n, min(gain, HUGE), min(size, HUGE), *neuron.definition.nodes[n])

    def mark(self, node: int, gain: float, size: float) -> None:
        before = self.found.get(node, (0.0, 0.0))
        self.found[node] = before[0] + gain, max(before[1], size)

    def most(self, node: int) -> float:
        return max(map(abs, self.ranges[node]))

    def least(self, node: int) -> float:
        low, high = self.ranges[node]
        if self.neuron.definition.nodes[node][0] in ("greater", "at_least", "both", "either",
                                                     "invert"):
            return 1.0
        if low <= 0 <= high:
            return min(self.least_step, max(self.most(node), 1 / HUGE))
        return min(abs(low), abs(high))

    def back(self, n: int, gain: float, size: float, operation: str, *operands) -> None:
        match operation, operands:
            case "leaf" | "constant", _:
                return
            case "add" | "subtract", (a, b):
                self.mark(a, gain, size + self.most(b))
                self.mark(b, gain, size + self.most(a))
            case "multiply", (a, b):
                for one, other in ((a, b), (b, a)):
                    if self.most(other):
                        self.mark(one, gain * self.most(other), size / self.least(other))
            case "divide", (a, b):
                over = max(map(abs, image("reciprocal", *self.ranges[b])))
                self.mark(a, gain * over, size * max(self.most(b), 1 / HUGE))
                if self.most(a):
                    self.table(n, "reciprocal", b, gain * self.most(a), size / self.least(a))
            case "where", (condition, yes, no):
                self.mark(condition, 1.0, 1.0)
                self.mark(yes, gain, size)
                self.mark(no, gain, size)
            case "minimum" | "maximum", _:
                for one in operands:
                    self.mark(one, gain, size)
            case "greater" | "at_least", (a, b):
                self.mark(a, 1 / self.membrane, self.most(b) + self.membrane)
                self.mark(b, 1 / self.membrane, self.most(a) + self.membrane)
            case "both" | "either" | "invert", _:
                for one in operands:
                    self.mark(one, 1.0, 1.0)
            case _, (x,):
                self.table(n, operation, x, gain, size)

    def table(self, n: int, name: str, x: int, gain: float, size: float) -> None:
        low, high = self.ranges[x]
        limit = power(min(size, max(map(abs, image(name, low, high)))))
        result = min(3 + power(gain), 32 - limit)
        limit = max(limit, 1 - result)
        slope = steepest(name, low, high, 2.0**limit)
        if slope == inf:
            argument = 40 if name == "log" else 2 * max(result, 1)
        else:
            argument = result + power(slope)
        self.tables[n] = max(0, min(40, argument)), result, limit
        slope = steepest(name, low, high, min(size, self.least_step**-2))
        self.mark(x, gain * min(slope, HUGE), 16 * gain if name == "reciprocal" else HUGE)
