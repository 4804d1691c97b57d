"""Graphs of expressions: walked in one order, and run over any kind of value."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from .expression import Expression, Operations

__all__ = ["evaluate", "leaves", "listing", "merged", "operands", "operands_first"]


def operands_first(outputs: Iterable[Expression]) -> tuple[Expression, ...]:
    """Return each node of a graph once, after its operands, which are in their order."""
    return _operands_first(tuple(outputs))


@lru_cache(maxsize=256)  # a program is run step by step
def _operands_first(outputs: tuple[Expression, ...]) -> tuple[Expression, ...]:
    found: dict[Expression, None] = {}

    def visit(node: Expression) -> None:
        for one in node.operands:
            if isinstance(one, Expression) and one not in found:
                visit(one)
        found[node] = None

    for node in outputs:
        if node not in found:
            visit(node)
    return tuple(found)


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
    values: dict[Any, Any] = {}
    for node in operands_first(outputs.values()):
        if node.operation == "leaf":
            values[node] = leaves[node.operands[0]]
        else:
            method = getattr(operations, node.operation)
            values[node] = operations.made(method(*operands(node, values)))
    return {name: values[node] for name, node in outputs.items()}


def operands(node: Expression, values: Mapping[Expression, Any]) -> list[Any]:
    """Return the operands of a node, each expression as its value."""
    return [values[one] if isinstance(one, Expression) else one for one in node.operands]


def leaves(*outputs: Expression) -> list[Expression]:
    """Return the leaves of a graph, in the order in which they are written."""
    return [node for node in operands_first(outputs) if node.operation == "leaf"]


def listing(outputs: Mapping[str, Expression]) -> str:
    """Return a graph as text, a line per node; equal graphs have equal text."""
    names: dict[Expression, str] = {}
    lines = []
    for node in operands_first(outputs.values()):
        words = [
            names[one] if isinstance(one, Expression) else repr(one) for one in node.operands
        ]
        names[node] = f"%{len(names)}"
        lines.append(f"{names[node]} = {node.operation} {' '.join(words)}")
    ends = [f"{output} = {names[node]}" for output, node in outputs.items()]
    return "\n".join([*lines, *ends])


def merged(outputs: Mapping[str, Expression]) -> dict[str, Expression]:
    """Return the same graph with equal nodes made one."""
    made: dict[tuple, Expression] = {}
    done: dict[Expression, Expression] = {}
    for node in operands_first(outputs.values()):
        key = (node.operation, *operands(node, done))
        done[node] = made.setdefault(key, Expression(*key))
    return {name: done[node] for name, node in outputs.items()}
