"""Expressions: values with overloaded operators that remember how they were computed.

A neuron's update is a plain Python function. Called once with :class:`Expression` arguments it
leaves a graph; :func:`~.graph.evaluate` then runs that graph over any kind of value, given the
:class:`Operations` of that kind.

There are two vocabularies of one graph. *Equations* speak of real numbers: sums, products,
quotients, comparisons, choices and functions, as a paper writes them. *Programs*, which
:mod:`~spikewright_hw.definition.fixed_point` makes of equations, speak of integers: sums, products,
shifts and look-ups, each of them exact.
"""

import operator
from typing import Any

__all__ = [
    "CONDITIONS",
    "FUNCTIONS",
    "Expression",
    "Operations",
    "absolute",
    "clip",
    "exp",
    "expm1",
    "exprel",
    "log",
    "maximum",
    "minimum",
    "sigmoid",
    "sqrt",
    "tanh",
    "where",
]

#: Functions of one real number that an equation may use.
FUNCTIONS = ("exp", "expm1", "exprel", "log", "sqrt", "tanh", "sigmoid", "reciprocal")

#: Operations whose result is a condition.
CONDITIONS = ("greater", "at_least", "both", "either", "invert")


class Expression:
    """A node of the graph. Compares by identity, since ``>=`` and friends make expressions.

    Parameters
    ----------
    operation : str
        Name of a method of :class:`Operations`, or ``"leaf"``.
    operands : tuple
        Expressions, and what else the operation needs; for a leaf its name.
    """

    __slots__ = ("operands", "operation")

    def __init__(self, operation: str, *operands: Any):
        self.operation = operation
        self.operands = operands

    @classmethod
    def leaf(cls, name: str) -> "Expression":
        """Make a named input of the graph."""
        return cls("leaf", name)

    @classmethod
    def of(cls, value: "Expression | float") -> "Expression":
        """Return an expression, making a constant of a number."""
        if isinstance(value, Expression):
            return value
        if isinstance(value, int | float):
            return cls("constant", value)
        raise TypeError(f"an equation computes with numbers and the neuron's values, not {value!r}")

    def __add__(self, other):
        return Expression("add", self, Expression.of(other))

    def __radd__(self, other):
        return Expression("add", Expression.of(other), self)

    def __sub__(self, other):
        return Expression("subtract", self, Expression.of(other))

    def __rsub__(self, other):
        return Expression("subtract", Expression.of(other), self)

    def __neg__(self):
        return Expression("subtract", Expression.of(0), self)

    def __mul__(self, other):
        return Expression("multiply", self, Expression.of(other))

    def __rmul__(self, other):
        return Expression("multiply", Expression.of(other), self)

    def __truediv__(self, other):
        return Expression("divide", self, Expression.of(other))

    def __rtruediv__(self, other):
        return Expression("divide", Expression.of(other), self)

    def __gt__(self, other):
        return Expression("greater", self, Expression.of(other))

    def __ge__(self, other):
        return Expression("at_least", self, Expression.of(other))

    def __lt__(self, other):
        return Expression("greater", Expression.of(other), self)

    def __le__(self, other):
        return Expression("at_least", Expression.of(other), self)

    def __and__(self, other):
        return Expression("both", self, Expression.of(other))

    def __or__(self, other):
        return Expression("either", self, Expression.of(other))

    def __invert__(self):
        return Expression("invert", self)

    def __bool__(self):
        raise TypeError("an equation cannot branch with `if`; use where(condition, a, b)")

    @property
    def parts(self) -> tuple["Expression", ...]:
        """The operands that are expressions themselves."""
        return tuple(one for one in self.operands if isinstance(one, Expression))

    def __repr__(self) -> str:
        return f"{self.operation}({', '.join(map(repr, self.operands))})"


def where(condition, yes, no) -> Expression:
    """Choose ``yes`` where the condition holds, else ``no``."""
    return Expression("where", Expression.of(condition), Expression.of(yes), Expression.of(no))


def minimum(a, b) -> Expression:
    """Return the smaller of two values."""
    return Expression("minimum", Expression.of(a), Expression.of(b))


def maximum(a, b) -> Expression:
    """Return the larger of two values."""
    return Expression("maximum", Expression.of(a), Expression.of(b))


def clip(value, low, high) -> Expression:
    """Limit a value to ``low`` and ``high``."""
    return minimum(maximum(value, low), high)


def absolute(value) -> Expression:
    """Return the distance from zero."""
    value = Expression.of(value)
    return maximum(value, -value)


def exp(value) -> Expression:
    """Return e to the power of a value."""
    return Expression("exp", Expression.of(value))


def expm1(value) -> Expression:
    """Return exp(value) - 1, which keeps its digits where the value is small."""
    return Expression("expm1", Expression.of(value))


def exprel(value) -> Expression:
    """Return (exp(value) - 1) / value, which is 1 at zero."""
    return Expression("exprel", Expression.of(value))


def log(value) -> Expression:
    """Return the natural logarithm; of zero and less it is that of the smallest step."""
    return Expression("log", Expression.of(value))


def sqrt(value) -> Expression:
    """Return the square root; of a negative value it is zero."""
    return Expression("sqrt", Expression.of(value))


def tanh(value) -> Expression:
    """Return the hyperbolic tangent."""
    return Expression("tanh", Expression.of(value))


def sigmoid(value) -> Expression:
    """Return 1 / (1 + exp(-value))."""
    return Expression("sigmoid", Expression.of(value))


class Operations:
    """The operations of a kind of value, here by its own overloaded operators.

    A lowering subclasses this and replaces what its values cannot do by themselves. Equations use
    the first group, and some of the second; programs use the second group and the third.
    """

    def made(self, value: Any) -> Any:
        """Return what stands for a computed node: its value, unless a lowering keeps it."""
        return value

    divide = staticmethod(operator.truediv)

    add = staticmethod(operator.add)
    subtract = staticmethod(operator.sub)
    multiply = staticmethod(operator.mul)
    greater = staticmethod(operator.gt)
    at_least = staticmethod(operator.ge)
    both = staticmethod(operator.and_)
    either = staticmethod(operator.or_)

    @staticmethod
    def constant(value: Any) -> Any:
        """Make a value of a number."""
        return value

    @staticmethod
    def invert(condition: Any) -> Any:
        """Negate a condition."""
        return 1 - condition

    @staticmethod
    def where(condition: Any, yes: Any, no: Any) -> Any:
        """Choose by a condition; no overloaded operator does, so each lowering says how."""
        raise NotImplementedError("these operations do not say how to choose by a condition")

    @classmethod
    def minimum(cls, a: Any, b: Any) -> Any:
        """Return the smaller one."""
        return cls.where(a > b, b, a)

    @classmethod
    def maximum(cls, a: Any, b: Any) -> Any:
        """Return the larger one."""
        return cls.where(a > b, a, b)

    @staticmethod
    def shift_left(value: Any, by: int) -> Any:
        """Append ``by`` zero bits."""
        return value << by

    @staticmethod
    def shift_right(value: Any, by: int) -> Any:
        """Drop ``by`` bits, which rounds toward minus infinity."""
        return value >> by

    @staticmethod
    def low_bits(value: Any, count: int) -> Any:
        """Return the last bits alone: the value modulo ``2**count``, never negative."""
        return value & ((1 << count) - 1)

    @staticmethod
    def pick(index: Any, table: tuple[int, ...]) -> Any:
        """Return the entry of a table; the index is in range."""
        return table[index]
