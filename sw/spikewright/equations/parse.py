"""A text to an expression, by a parser that evaluates nothing.

Python's own parser reads the text; of what it can read, only arithmetic, comparisons, ``and``,
``or``, ``not``, ``a if condition else b`` and the functions of :data:`FUNCTIONS` are taken.
"""

import ast
import difflib
import math
import operator
import warnings
from collections.abc import Callable
from functools import reduce
from itertools import pairwise

from spikewright_hw.definition.expression import (
    CONDITIONS,
    Expression,
    absolute,
    clip,
    exp,
    expm1,
    exprel,
    log,
    maximum,
    minimum,
    sigmoid,
    sqrt,
    tanh,
    where,
)

from .place import EquationError, Place, Text
from .units import LEAST, MOST

__all__ = ["FUNCTIONS", "Places", "close_match", "parse"]

#: Where each node of an expression stands.
Places = dict[Expression, Place]

#: Functions by name, each with the least and the greatest count of arguments.
FUNCTIONS: dict[str, tuple[Callable[..., Expression], int, float]] = {
    "exp": (exp, 1, 1),
    "expm1": (expm1, 1, 1),
    "exprel": (exprel, 1, 1),
    "log": (log, 1, 1),
    "sqrt": (sqrt, 1, 1),
    "tanh": (tanh, 1, 1),
    "sigmoid": (sigmoid, 1, 1),
    "abs": (absolute, 1, 1),
    "min": (lambda *values: reduce(minimum, values), 2, math.inf),
    "max": (lambda *values: reduce(maximum, values), 2, math.inf),
    "clip": (clip, 3, 3),
    "where": (where, 3, 3),
}
#: Functions of other languages for which there is nothing here.
_ROUNDING = ("int", "floor", "ceil", "round", "trunc")
_LONGEST = 1000
_DEEPEST = 100
_HIGHEST_POWER = 8
_ARITHMETIC: dict[type[ast.operator], Callable] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: dict[type[ast.cmpop], Callable] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}
_REMEDIES = {
    ast.BitXor: "a power is written **, not ^",
    ast.BitAnd: "conditions are joined by `and`, not &",
    ast.BitOr: "conditions are joined by `or`, not |",
    ast.Invert: "a condition is negated by `not`, not ~",
    ast.Eq: "real numbers are never just equal; compare with >= and <=",
    ast.NotEq: "real numbers are never just equal; compare with > and <",
}


def parse(text: Text, *, start: int = 0, places: Places) -> Expression:
    """Read the expression that stands in ``text`` from column ``start`` on.

    Its leaves are names, each a node of its own; ``places`` gets an entry for every node.

    Raises
    ------
    EquationError
        It is no expression, or uses what a neuron cannot compute.
    """
    body = text.text[start:].rstrip()
    start += len(body) - len(body.lstrip())
    body = body.strip()
    if not body:
        raise EquationError("there is nothing here to compute; write an expression", text.place())
    if len(body) > _LONGEST:
        raise EquationError(
            f"this has {len(body)} characters, and an equation at most {_LONGEST}; "
            "split it by definitions of its own, such as g = ...",
            text.place(start, start + 1),
        )
    for column, letter in enumerate(text.text):
        if not letter.isascii() or not letter.isprintable() or letter in "#\\":
            raise EquationError(
                f"{letter!r} has no place in an equation; write a name in plain letters, as tau",
                text.place(column, column + 1),
            )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of `1if x else 2`, which Python still reads
            tree = ast.parse(body, mode="eval").body
    except SyntaxError as error:
        column = start + min(max((error.offset or 1) - 1, 0), len(body) - 1)
        raise EquationError(
            "this cannot be read as an expression; see the mark", text.place(column, column + 1)
        ) from None
    except (MemoryError, RecursionError, ValueError):
        raise EquationError(_TOO_DEEP, text.place(start)) from None
    return _Reader(text, start, places).read(tree)


def _power(base: Expression, count: int) -> Expression:
    """Return a whole power; an even one as a square, which is known not to be negative."""
    if count == 1:
        return base
    if count % 2:
        return _power(base, count - 1) * base
    half = _power(base, count // 2)
    return half * half


def close_match(name: str, known: list[str]) -> str:
    """Return ``"; did you mean tau?"``, or nothing if no name comes near."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


_TOO_DEEP = "this is nested too deeply; split it by definitions of its own, such as g = ..."


class _Reader:
    """Turns Python's syntax tree into an expression, node by node."""

    def __init__(self, text: Text, start: int, places: Places):
        self._text = text
        self._start = start
        self._places = places
        self._depth = 0

    def read(self, node: ast.expr) -> Expression:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise EquationError(_TOO_DEEP, self._place(node))
        made = self._read(node)
        self._depth -= 1
        # What a node is made of has its own place by now, but for what was made along with it.
        waiting: list = [made]
        while waiting:
            one = waiting.pop()
            if isinstance(one, Expression) and one not in self._places:
                self._places[one] = self._place(node)
                waiting += one.operands
        return made

    def _read(self, node: ast.expr) -> Expression:
        match node:
            case ast.Constant(value=value):
                return self._constant(node, value)
            case ast.Name(id=name):
                return Expression.leaf(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                value = self._number(operand)
                return self._folded(node, operator.neg, value)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self._number(operand)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return ~self._condition(operand)
            case ast.BinOp(op=ast.Pow(), left=left, right=right):
                return self._power(node, self._number(left), right)
            case ast.BinOp(op=op, left=left, right=right) if type(op) in _ARITHMETIC:
                values = self._number(left), self._number(right)
                return self._folded(node, _ARITHMETIC[type(op)], *values)
            case ast.BoolOp(op=op, values=values):
                join = operator.and_ if isinstance(op, ast.And) else operator.or_
                return reduce(join, map(self._condition, values))
            case ast.Compare():
                return self._comparison(node)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return where(self._condition(test), self._number(body), self._number(orelse))
            case ast.Call():
                return self._call(node)
        raise EquationError(self._remedy(node), self._place(node))

    def _constant(self, node: ast.expr, value: object) -> Expression:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise EquationError(f"{value!r} is no real number", self._place(node))
        if value and not LEAST <= abs(value) <= MOST:
            size = "large" if abs(value) > 1 else "small"
            raise EquationError(
                f"this number is too {size} to compute with; it is 0, or {LEAST:g} to {MOST:g} in "
                "size",
                self._place(node),
            )
        return Expression.of(value)

    def _folded(self, node: ast.expr, operation: Callable, *operands: Expression) -> Expression:
        """Work out what is done to numbers alone, as Python does with the generated source."""
        if not all(one.operation == "constant" for one in operands):
            return operation(*operands)
        try:
            value = operation(*(one.operands[0] for one in operands))
        except ZeroDivisionError:
            raise EquationError(
                "this divides by zero; divide by another number", self._place(node)
            ) from None
        except OverflowError:
            value = math.inf
        return self._constant(node, value)

    def _power(self, node: ast.expr, base: Expression, exponent: ast.expr) -> Expression:
        match exponent:
            case ast.Constant(value=int(count)) if 1 <= count <= _HIGHEST_POWER:
                return self._folded(node, lambda a: _power(a, count), base)
        raise EquationError(
            f"a power is a whole number of 1 to {_HIGHEST_POWER}; for another write "
            "exp(k*log(x)), for a square root sqrt(x), for a reciprocal 1/x",
            self._place(exponent),
        )

    def _comparison(self, node: ast.Compare) -> Expression:
        operands = [node.left, *node.comparators]
        made = [self._number(one) for one in operands]
        parts = []
        for op, (a, b), after in zip(node.ops, pairwise(made), node.comparators, strict=True):
            if type(op) not in _COMPARISONS:
                raise EquationError(
                    _REMEDIES.get(type(op), "a comparison is one of > >= < <="), self._place(node)
                )
            if a.operation == b.operation == "constant":
                raise EquationError(
                    "this compares two numbers, which is known beforehand", self._place(after)
                )
            parts.append(_COMPARISONS[type(op)](a, b))
        return reduce(operator.and_, parts)

    def _call(self, node: ast.Call) -> Expression:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        known = ", ".join(FUNCTIONS)
        if name not in FUNCTIONS:
            called = f"there is no function {name}" if name else "only functions can be called"
            if name in _ROUNDING:
                known += "; nothing is rounded in an equation, but each state when it is stored"
                near = ""
            else:
                near = close_match(name, list(FUNCTIONS))
            raise EquationError(f"{called}; there are {known}{near}", self._place(node.func))
        function, least, most = FUNCTIONS[name]
        if node.keywords or any(isinstance(one, ast.Starred) for one in node.args):
            raise EquationError(f"{name} takes plain arguments", self._place(node))
        if not least <= len(node.args) <= most:
            wanted = f"{least}" if least == most else f"at least {least}"
            noun = "argument" if wanted == "1" else "arguments"
            raise EquationError(
                f"{name} takes {wanted} {noun}, not {len(node.args)}", self._place(node)
            )
        if name == "where":
            arguments = [self._condition(node.args[0]), *map(self._number, node.args[1:])]
        else:
            arguments = list(map(self._number, node.args))
        return function(*arguments)

    def _number(self, node: ast.expr) -> Expression:
        made = self.read(node)
        if made.operation in CONDITIONS:
            raise EquationError(
                "this is a condition, and a number is wanted; write `1 if ... else 0`",
                self._place(node),
            )
        return made

    def _condition(self, node: ast.expr) -> Expression:
        made = self.read(node)
        if made.operation not in CONDITIONS:
            raise EquationError(
                "this is a number, and a condition is wanted, such as v > 1", self._place(node)
            )
        return made

    def _remedy(self, node: ast.expr) -> str:
        op = getattr(node, "op", None)
        if type(op) in _REMEDIES:
            return _REMEDIES[type(op)]
        return (
            "an equation has numbers, names, + - * / **, comparisons, and, or, not, "
            "`a if condition else b` and functions; this is none of them"
        )

    def _place(self, node: ast.expr) -> Place:
        end = node.end_col_offset if node.end_col_offset is not None else node.col_offset + 1
        return self._text.place(self._start + node.col_offset, self._start + end)
