"""A differential equation to a step, by sympy.

*Forward Euler*, for any equation: ``x + dt * f``.

*Exponential Euler*, for an equation ``dx/dt = a*x + b`` whose ``a`` is made of parameters alone:
``keep * x + (1 - keep) * -b/a`` with ``keep = exp(a*dt)``. That is the exact solution for a ``b``
that is constant during the step (Hochbruck and Ostermann, "Exponential integrators", Acta Numerica
19, 2010, section 2), and stable at any ``dt``. Where ``a`` is zero the two are the same.
"""

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from spikewright_hw.definition.expression import Expression, exp
from spikewright_hw.definition.graph import leaves

from .graph import varies
from .names import TIME_STEP
from .ranges import Range, Ranges

__all__ = ["Linear", "constant", "forward_euler", "linear", "scaled"]


@dataclass(frozen=True)
class Linear:
    """The parts of an equation ``dx/dt = a*x + b`` that is linear in its state ``x``.

    Parameters
    ----------
    keep : Expression
        ``exp(a*dt)``.
    rate : Expression or None
        ``-a``, where ``b`` is to be divided by it; None where that is done already.
    drive : Expression or None
        ``-b/a``, the value that the state tends to, or ``b`` if there is a rate; None for zero.
    """

    keep: Expression
    rate: Expression | None
    drive: Expression | None


def forward_euler(state: str, right: Expression) -> Expression:
    """Return ``x + dt * f``."""
    return Expression.leaf(state) + scaled(Expression.leaf(TIME_STEP), right)


def scaled(by: Expression, right: Expression) -> Expression:
    """Return ``by * right``, with ``by`` in front of the first factor of a product or quotient."""
    if right.operation in ("multiply", "divide"):
        first, second = right.operands
        return Expression(right.operation, scaled(by, first), second)
    return by * right


def linear(state: str, right: Expression, *, parameters: Mapping[str, float]) -> Linear | None:
    """Return the parts of a linear equation, or None if its coefficient is not constant.

    ``right`` has no definitions in it; ``parameters`` are the values given, and with them the
    coefficient is not zero.
    """
    algebra = _Algebra(right, parameters)
    x = sympy.Symbol(state)
    f = algebra.of(right)
    if any(x.name in names for names in algebra.hidden.values()):
        return None
    a = sympy.cancel(sympy.diff(f, x))
    if not all(map(algebra.is_constant, a.free_symbols)) or not algebra.value(a):
        return None
    a = sympy.expand(a)
    b = sympy.expand(sympy.cancel(sympy.together(f - a * x)))
    dt = sympy.Symbol(TIME_STEP)
    keep = exp(algebra.back(sympy.expand(a * dt)))
    if b == 0:
        return Linear(keep, None, None)
    if a.is_Add:
        return Linear(keep, algebra.back(-a), algebra.back(b))
    return Linear(keep, None, algebra.back(sympy.factor_terms(sympy.expand(sympy.cancel(-b / a)))))


def constant(node: Expression, parameters: Mapping[str, float]) -> float:
    """Return the value of an expression of parameters alone."""
    points = {name: Range(value, value) for name, value in parameters.items()}
    return Ranges(points, {}).of(node).low


_ALGEBRA = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul,
    "divide": operator.truediv,
}


class _Algebra:
    """Expressions to sympy and back.

    Sums become sympy's own, and so do products and quotients of which one side is made of
    parameters; anything else becomes a symbol that stands for it. Terms and factors come back in
    the order in which their names were written.
    """

    def __init__(self, right: Expression, parameters: Mapping[str, float]):
        self._parameters = parameters
        order = [leaf.operands[0] for leaf in leaves(right)]
        self._order = {name: place for place, name in reversed(list(enumerate(order)))}
        self._nodes: dict[Any, Expression] = {}
        self._symbols: dict[Expression, Any] = {}
        #: The names in what each symbol stands for.
        self.hidden: dict[Any, set[str]] = {}

    def of(self, node: Expression) -> Any:
        """Return an expression as sympy's; its types say little, so none are given here."""
        operation, operands = node.operation, node.operands
        if operation == "constant":
            return sympy.Rational(repr(operands[0]))
        if operation == "leaf":
            return sympy.Symbol(operands[0])
        if operation in _ALGEBRA and self._is_linear(operation, *operands):
            return _ALGEBRA[operation](*map(self.of, operands))
        if node in self._symbols:
            return self._symbols[node]
        names = [leaf.operands[0] for leaf in leaves(node)]
        symbol = sympy.Symbol(f"{operation}({len(self._nodes)})")
        self._nodes[symbol] = node
        self._symbols[node] = symbol
        self.hidden[symbol] = set(names)
        self._order[symbol.name] = min((self._order[name] for name in names), default=0)
        return symbol

    def _is_linear(self, operation: str, left: Expression, right: Expression) -> bool:
        """Return whether at most one side of a product varies, and not that of a divisor."""
        if operation == "divide":
            return not self._varies(right)
        return operation != "multiply" or not (self._varies(left) and self._varies(right))

    def _varies(self, node: Expression) -> bool:
        return varies(node, self._parameters)

    def is_constant(self, symbol: Any) -> bool:
        """Return whether a symbol is a parameter, or made of parameters alone."""
        return self.hidden.get(symbol, {symbol.name}) <= {*self._parameters}

    def value(self, one: Any) -> float:
        """Return the value of an expression where all that is no parameter is zero."""
        given = {
            symbol: constant(self.back(symbol), self._parameters) if self.is_constant(symbol) else 0
            for symbol in one.free_symbols
        }
        return float(one.subs(given))

    def back(self, one: Any) -> Expression:
        """Return sympy's expression as one of ours."""
        if isinstance(one, sympy.Symbol):
            return self._nodes[one] if one in self._nodes else Expression.leaf(one.name)
        if isinstance(one, sympy.Rational):
            ratio = int(one.p) if one.q == 1 else int(one.p) / int(one.q)
            return Expression.of(ratio)
        if isinstance(one, sympy.Add):
            return self._sum(sorted(one.args, key=self._rank))
        return self._product(one)

    def _sum(self, terms: list[Any]) -> Expression:
        # A sum does not begin with a minus if it can be helped.
        terms.sort(key=lambda term: bool(term.could_extract_minus_sign()))
        first, *rest = terms
        total = self.back(first)
        for term in sorted(rest, key=self._rank):
            if term.could_extract_minus_sign():
                total = total - self.back(-term)
            else:
                total = total + self.back(term)
        return total

    def _product(self, one: Any) -> Expression:
        if one.could_extract_minus_sign() and not isinstance(one, sympy.Pow):
            return _negative(self.back(-one))
        over: list[Expression] = []
        under: list[Expression] = []
        for factor in sorted(sympy.Mul.make_args(one), key=self._factor_rank):
            base, power = factor.as_base_exp()
            if factor.is_Rational:
                base, power = factor, sympy.Integer(1)
            side = over if power > 0 else under
            side += [self.back(base)] * abs(int(power))
        made = _times(over) if over else Expression.of(1)
        return made / _times(under) if under else made

    def _rank(self, term: Any) -> tuple:
        places = sorted(self._order.get(symbol.name, 0) for symbol in term.free_symbols)
        return (not places, places, str(term))

    def _factor_rank(self, factor: Any) -> tuple:
        """Numbers, then the time step, then parameters, then what varies."""
        varies = not all(self.is_constant(symbol) for symbol in factor.free_symbols)
        is_step = factor == sympy.Symbol(TIME_STEP)
        return (bool(factor.free_symbols), not is_step, varies, *self._rank(factor))


def _times(factors: list[Expression]) -> Expression:
    product, *rest = factors
    for factor in rest:
        product = product * factor
    return product


def _negative(product: Expression) -> Expression:
    """Negate the first factor of a product, as it is written by hand: ``-a * b / c``."""
    if product.operation in ("multiply", "divide"):
        first, second = product.operands
        return Expression(product.operation, _negative(first), second)
    if product.operation == "constant":
        return Expression.of(-product.operands[0])
    return -product
