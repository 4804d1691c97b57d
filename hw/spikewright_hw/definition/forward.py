"""From a function of the equations forwards: by how many steps its error puts an output off."""

# Each method of_... is the rule of an operation.
# ruff: noqa: D102

from dataclasses import dataclass, field

from .backward import Backward
from .expression import Expression
from .functions import change, image

__all__ = ["Forward"]


@dataclass
class Forward:
    """Carries an error from one value of the equations to an output, as far as it can grow.

    Where a slope has no bound, such as that of a root at zero, an error is worth what the function
    can change over it, and nowhere more than the function's, or the output's, whole range.

    Parameters
    ----------
    back : Backward
        After its run from the output.
    output : Expression
    bound : float
        The output's size is less.
    """

    back: Backward
    output: Expression
    bound: float
    _off: dict[Expression, float] = field(default_factory=dict)
    _compared: float = 0.0

    def steps(self, source: Expression, error: float) -> float:
        """Return a bound on the steps by which the output is off if a function is by ``error``.

        Of a quotient, the function is the reciprocal of the divisor.
        """
        if source.operation == "divide":
            error *= self._most(source.operands[0])
        self._off, self._compared = {source: error}, 0.0
        for node in self.back.ranges:  # operands first
            if node in self.back.gains and node is not source:
                off = [self._off.get(x, 0.0) for x in node.parts]
                if any(off):
                    self._off[node] = getattr(self, f"of_{node.operation}", self._function)(
                        node, *off
                    )
        off = self._off.get(self.output, 0.0) / self.back.step + self._compared
        return min(off, 2 * self.bound / self.back.step)

    def _most(self, node: Expression) -> float:
        range = self.back.ranges[node]
        return max(abs(range.low), abs(range.high))

    def of_add(self, node: Expression, a: float, b: float) -> float:
        return a + b

    of_subtract = of_add

    def of_multiply(self, node: Expression, a: float, b: float) -> float:
        x, y = node.operands
        return a * self._most(y) + b * self._most(x) + a * b

    def of_divide(self, node: Expression, a: float, b: float) -> float:
        x, _ = node.operands
        _, limit, range = self.back.functions.get(node, (0.0, 0.0, self.back.ranges[node]))
        over = image("reciprocal", range)
        most = min(max(abs(over.low), abs(over.high)), limit)
        return a * most + (self._most(x) + a) * self._change(node, b)

    def _function(self, node: Expression, off: float) -> float:
        return self._change(node, off)

    def _change(self, node: Expression, off: float) -> float:
        if not off or node not in self.back.functions:
            return 0.0
        function = "reciprocal" if node.operation == "divide" else node.operation
        _, limit, range = self.back.functions[node]
        return change(function, range, off, limit=limit)

    def of_where(self, node: Expression, condition: float, yes: float, no: float) -> float:
        return max(yes, no)

    def of_minimum(self, node: Expression, a: float, b: float) -> float:
        return max(a, b)

    of_maximum = of_minimum

    def of_greater(self, node: Expression, a: float, b: float) -> float:
        self._compared += (a + b) / self.back.compared
        return 0.0

    of_at_least = of_greater

    def of_both(self, node: Expression, *off: float) -> float:
        return 0.0

    of_either = of_invert = of_both
