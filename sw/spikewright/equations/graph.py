"""Walks over expressions."""

from collections.abc import Collection, Mapping

from spikewright_hw.definition.expression import Expression

__all__ = ["divisors", "leaves", "size", "substitute", "varies"]


def leaves(expression: Expression) -> list[Expression]:
    """Return the leaves of an expression, in the order in which they are written."""
    found: dict[Expression, None] = {}
    seen: set[Expression] = set()

    def visit(node: object) -> None:
        if isinstance(node, Expression) and node not in seen:
            seen.add(node)
            if node.operation == "leaf":
                found[node] = None
            else:
                for operand in node.operands:
                    visit(operand)

    visit(expression)
    return list(found)


def divisors(expression: Expression) -> set[str]:
    """Return the names that something is divided by as they are."""
    found: set[str] = set()
    seen: set[Expression] = set()
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting += [one for one in node.operands if isinstance(one, Expression)]
            if node.operation == "divide" and node.operands[1].operation == "leaf":
                found.add(node.operands[1].operands[0])
    return found


def substitute(node: Expression, names: Mapping[str, Expression]) -> Expression:
    """Put expressions in the place of leaves; what is shared stays shared."""
    done: dict[Expression, Expression] = {}

    def visit(one):
        if not isinstance(one, Expression):
            return one
        if one not in done:
            if one.operation == "leaf":
                done[one] = names.get(one.operands[0], one)
            else:
                done[one] = Expression(one.operation, *map(visit, one.operands))
        return done[one]

    return visit(node)


def size(node: Expression) -> int:
    """Count the operations of an expression, shared ones as often as they are used."""
    known: dict[Expression, int] = {}

    def visit(one: Expression) -> int:
        if one not in known:
            known[one] = 1 + sum(visit(x) for x in one.operands if isinstance(x, Expression))
        return known[one]

    return visit(node)


def varies(node: Expression, parameters: Collection[str]) -> bool:
    """Say whether an expression reads anything but parameters."""
    return any(leaf.operands[0] not in parameters for leaf in leaves(node))
