"""What is asked of an expression, and names put into it."""

from collections.abc import Collection, Mapping

from spikewright_hw.definition.expression import Expression
from spikewright_hw.definition.graph import leaves, operands, operands_first

__all__ = ["divisors", "size", "substitute", "varies"]


def divisors(expression: Expression) -> set[str]:
    """Return the names that something is divided by as they are."""
    quotients = [node for node in operands_first([expression]) if node.operation == "divide"]
    return {
        by.operands[0] for _, by in (node.operands for node in quotients) if by.operation == "leaf"
    }


def substitute(expression: Expression, names: Mapping[str, Expression]) -> Expression:
    """Put expressions in the place of leaves; what is shared stays shared."""
    done: dict[Expression, Expression] = {}
    for node in operands_first([expression]):
        if node.operation == "leaf":
            done[node] = names.get(node.operands[0], node)
        else:
            done[node] = Expression(node.operation, *operands(node, done))
    return done[expression]


def size(expression: Expression) -> int:
    """Count the operations of an expression, shared ones as often as they are used."""
    known: dict[Expression, int] = {}
    for node in operands_first([expression]):
        known[node] = 1 + sum(known[one] for one in node.parts)
    return known[expression]


def varies(node: Expression, parameters: Collection[str]) -> bool:
    """Return whether an expression reads anything but parameters."""
    return any(leaf.operands[0] not in parameters for leaf in leaves(node))
