"""Expressions as Python text."""

from collections.abc import Mapping

from spikewright_hw.definition.expression import FUNCTIONS, Expression

__all__ = ["WIDTH", "call_names", "one_line", "statement"]

#: Longest line.
WIDTH = 100

_INDENT = "    "
#: Sign and binding strength of the operators, as Python has them.
_OPERATORS = {
    "greater": (">", 1), "at_least": (">=", 1), "either": ("|", 2), "both": ("&", 3),
    "add": ("+", 4), "subtract": ("-", 4), "multiply": ("*", 5), "divide": ("/", 5),
}
_SIGN = 6
_ATOM = 7


def one_line(node: Expression, names: Mapping[str, str]) -> str:
    """Return an expression in one line; ``names`` are the texts of its leaves."""
    return _Writer(names).flat(node, 0)


def statement(
    start: str, node: Expression, names: Mapping[str, str], *, end: str = "", indent: str = _INDENT
) -> str:
    """Return ``start`` and an expression in lines of at most :data:`WIDTH`."""
    writer = _Writer(names)
    line = indent + start + writer.flat(node, 0) + end
    if len(line) <= WIDTH:
        return line
    inner = indent + _INDENT
    return f"{indent}{start}(\n{inner}{writer.broken(node, inner)}\n{indent}){end}"


def call_names(node: Expression) -> set[str]:
    """Return the functions of ``spikewright_hw.definition.expression`` that the text calls."""
    found: set[str] = set()
    seen: set[Expression] = set()
    waiting: list = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Expression) and one not in seen:
            seen.add(one)
            function, arguments = _call(one)
            found |= {function} if function else set()
            waiting += arguments if function else one.operands
    return found


def _call(node: Expression) -> tuple[str, tuple]:
    """Return the function whose call makes this node, and its arguments; or an empty name."""
    operation, operands = node.operation, node.operands
    if operation == "maximum" and _is_negative_of(operands[1], operands[0]):
        return "absolute", operands[:1]
    if operation == "minimum" and _call(operands[0])[0] == "maximum":
        return "clip", (*operands[0].operands, operands[1])
    if operation in ("minimum", "maximum", "where") or operation in FUNCTIONS:
        return operation, operands
    return "", ()


def _is_negative_of(node: Expression, other: Expression) -> bool:
    return _is_negation(node) and node.operands[1] is other


def _is_negation(node: Expression) -> bool:
    if node.operation != "subtract" or node.operands[0].operation != "constant":
        return False
    return isinstance(node.operands[0].operands[0], int) and node.operands[0].operands[0] == 0


class _Writer:
    def __init__(self, names: Mapping[str, str]):
        self._names = names

    def flat(self, node: Expression, strength: int) -> str:
        """Return one line, in parentheses if it binds less than ``strength``."""
        text, own = self._flat(node)
        return f"({text})" if own < strength else text

    def _flat(self, node: Expression) -> tuple[str, int]:
        operation, operands = node.operation, node.operands
        if operation == "leaf":
            return self._names[operands[0]], _ATOM
        if operation == "constant":
            return repr(operands[0]), _ATOM if operands[0] >= 0 else _SIGN
        function, arguments = _call(node)
        if function:
            return f"{function}({', '.join(self.flat(one, 0) for one in arguments)})", _ATOM
        if operation == "invert":
            return f"~{self.flat(operands[0], _SIGN)}", _SIGN
        if _is_negation(node):
            return f"-{self.flat(operands[1], _SIGN)}", _SIGN
        sign, own = _OPERATORS[operation]
        left, right = self._strengths(operation)
        return f"{self.flat(operands[0], left)} {sign} {self.flat(operands[1], right)}", own

    @staticmethod
    def _strengths(operation: str) -> tuple[int, int]:
        """Return what the sides must bind at least; a comparison in one is put in parentheses."""
        own = _OPERATORS[operation][1]
        return (own if own != 1 else 4), (own + 1 if own != 1 else 4)

    def broken(self, node: Expression, indent: str) -> str:
        """Return an expression that stands in parentheses, in as few lines as it fits."""
        flat = self.flat(node, 0)
        if self._fits(flat, indent):
            return flat
        function, arguments = _call(node)
        if function:
            deeper = indent + _INDENT
            lines = [f"{deeper}{self.broken(one, deeper)},\n" for one in arguments]
            return f"{function}(\n{''.join(lines)}{indent})"
        if node.operation == "invert" or _is_negation(node):
            sign = "~" if node.operation == "invert" else "-"
            return sign + self._side(node.operands[-1], _SIGN, indent)
        if node.operation not in _OPERATORS:
            return flat
        left, right = self._strengths(node.operation)
        first = self._side(node.operands[0], left, indent)
        second = self._side(node.operands[1], right, indent)
        return f"{first}\n{indent}{_OPERATORS[node.operation][0]} {second}"

    @staticmethod
    def _fits(text: str, indent: str) -> bool:
        """Return whether a text fits into a line with an operator before it or a comma after it."""
        return len(indent) + len("+ ") + len(text) + len(",") <= WIDTH

    def _side(self, node: Expression, strength: int, indent: str) -> str:
        flat = self.flat(node, strength)
        if self._fits(flat, indent):
            return flat
        if self._flat(node)[1] >= strength:
            return self.broken(node, indent)
        deeper = indent + _INDENT
        return f"(\n{deeper}{self.broken(node, deeper)}\n{indent})"
