"""Expressions: values with overloaded operators that remember how they were computed.

A neuron's update is a plain Python function. Called once with :class:`Expression` arguments it
leaves a graph; :func:`evaluate` then runs that graph over any kind of value, given the
:class:`Operations` of that kind.

Numbers are exact: an operation's result is as wide as it needs to be, and only ``>>`` loses
something (it rounds toward minus infinity). There is no division and no float.
"""

import operator
from collections.abc import Mapping
from typing import Any

__all__ = ["Expression", "Operations", "evaluate", "where"]


class Expression:
    """A node of the graph. Compares by identity, since ``>=`` and friends make expressions.

    Parameters
    ----------
    operation : str
        Name of a method of :class:`Operations`, or ``"leaf"``, or ``"constant"``.
    operands : tuple
        Expressions; for a leaf its name, for a constant its integer.
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
    def of(cls, value: "Expression | int") -> "Expression":
        """Give an expression, making a constant of an integer. Floats are refused."""
        if isinstance(value, Expression):
            return value
        if isinstance(value, int):
            return cls("constant", value)
        raise TypeError(
            f"an equation computes with integers and the neuron's own values, not {value!r}; "
            "make a real constant a parameter, so that it gets a format"
        )

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

    def __rshift__(self, other):
        return Expression("shift_right", self, Expression.of(other))

    def __gt__(self, other):
        return Expression("greater", self, Expression.of(other))

    def __ge__(self, other):
        return Expression("at_least", self, Expression.of(other))

    def __lt__(self, other):
        return Expression("greater", Expression.of(other), self)

    def __le__(self, other):
        return Expression("at_least", Expression.of(other), self)

    def __bool__(self):
        raise TypeError("an equation cannot branch with `if`; use where(condition, a, b)")

    def __repr__(self) -> str:
        return f"{self.operation}({', '.join(map(repr, self.operands))})"


def where(condition, yes, no) -> Expression:
    """Choose ``yes`` where the condition holds, else ``no``."""
    return Expression("where", Expression.of(condition), Expression.of(yes), Expression.of(no))


class Operations:
    """The operations of a kind of value, here by its own overloaded operators.

    A lowering subclasses this and replaces what its values cannot do by themselves.
    """

    add = staticmethod(operator.add)
    subtract = staticmethod(operator.sub)
    shift_right = staticmethod(operator.rshift)
    greater = staticmethod(operator.gt)
    at_least = staticmethod(operator.ge)

    @staticmethod
    def constant(value: int) -> Any:
        """Make a value of an integer."""
        return value

    @staticmethod
    def where(condition: Any, yes: Any, no: Any) -> Any:
        """Choose by a condition; no overloaded operator does, so each lowering says how."""
        raise NotImplementedError("these operations do not say how to choose by a condition")


def evaluate(
    outputs: Mapping[str, Expression], leaves: Mapping[str, Any], operations: Operations
) -> dict[str, Any]:
    """Run a graph: each node once, operands first.

    Parameters
    ----------
    outputs : mapping of str to Expression
        What to compute, by name.
    leaves : mapping of str to value
        A value for every leaf that the outputs need.
    operations : Operations
        What the node names mean for these values.
    """
    done: dict[Expression, Any] = {}

    def value(node: Expression) -> Any:
        if node not in done:
            if node.operation == "leaf":
                done[node] = leaves[node.operands[0]]
            elif node.operation == "constant":
                done[node] = operations.constant(node.operands[0])
            else:
                operands = [value(operand) for operand in node.operands]
                done[node] = getattr(operations, node.operation)(*operands)
        return done[node]

    return {name: value(node) for name, node in outputs.items()}
