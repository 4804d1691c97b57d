"""Whether the units of the equations match, or without units: what is a level of the membrane.

A dimension is a vector of exponents. With units they are numbers, and each sum, comparison and
assignment must join equal ones. Without units there is one exponent, that of the membrane's level;
those of the parameters are unknown, and the same sums and comparisons are equations for them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import sympy

from spikewright_hw.definition.expression import FUNCTIONS, Expression

from .names import INPUT, TIME_STEP
from .parse import Places
from .place import EquationError, Place
from .statements import Equation, Statements
from .units import Scales, dimension_name

__all__ = ["check_dimensions", "levels"]

#: Exponents, numbers or sympy's expressions.
Vector = tuple


def check_dimensions(
    statements: Statements, dimensions: Mapping[str, Vector], scales: Scales
) -> None:
    """Raise :exc:`EquationError` unless the units of all statements match.

    ``dimensions`` are those of the states, the parameters, ``dt`` and the input.
    """

    def differ(a: Vector, b: Vector, one: str, other: str, place: Place) -> None:
        if a != b:
            raise EquationError(
                f"{one} is {_said(a, scales)}, and {other} is {_said(b, scales)}; correct the "
                "equation, or give a number its unit, such as "
                'parameters={"tau": "20ms"} or units={"v": "mV"}',
                place,
            )

    _Walk(dict(dimensions), statements.places, differ).statements(statements)


def levels(statements: Statements, parameters: Iterable[str]) -> dict[str, str]:
    """Return the unit of each state and parameter where none was given: ``"level"`` or ``"1"``.

    The membrane and the current are levels; the equations say what else must be. Where they leave
    a choice, a state is a level and a parameter a number. Numbers that stand in them are mere
    numbers, unless that leads to a contradiction, as in ``v > 1``. Equations that contradict one
    another all the same are left out: threshold and reset then decide.
    """
    names = (*parameters, *statements.states)  # what comes last is free
    symbols: dict[str, Any] = {name: sympy.Symbol(name) for name in names}
    symbols |= {"v": sympy.Integer(1), INPUT: sympy.Integer(1), TIME_STEP: sympy.Integer(0)}
    free = {symbols[name]: int(name in statements.states) for name in names if name != "v"}
    spikes = replace(statements, states={})
    for some, strict in ((statements, True), (statements, False), (spikes, False)):
        found = _solved(some, symbols, strict=strict)
        if found is not None:
            levels = {name: found.get(one, one).subs(free) for name, one in symbols.items()}
            return {name: "level" if one == 1 else "1" for name, one in levels.items()}
    return {name: "level" if name in statements.states else "1" for name in symbols}


def _solved(
    statements: Statements, symbols: Mapping[str, Any], *, strict: bool
) -> dict[Any, Any] | None:
    """Return those exponents that the statements settle, or None if they contradict themselves."""
    zeros: list[Any] = [sympy.Integer(0)]

    def equal(a: Vector, b: Vector, *_) -> None:
        zeros.append(a[0] - b[0])

    names: dict[str, Vector] = {name: (one,) for name, one in symbols.items()}
    _Walk(names, statements.places, equal, strict).statements(statements)
    unknown = [symbol for symbol in symbols.values() if symbol.is_Symbol]
    if not unknown:
        return {} if not any(zeros) else None
    solutions: Any = sympy.linsolve(zeros, unknown)
    return dict(zip(unknown, next(iter(solutions)), strict=True)) if solutions else None


@dataclass
class _Walk:
    """Works dimensions out and has those compared that must be equal.

    If it is not strict, a number in a sum may have any dimension, as in ``v > 1``.
    """

    names: dict[str, Vector]
    places: Places
    equal: Callable[[Vector, Vector, str, str, Place], None]
    strict: bool = True
    _known: dict[Expression, Vector | None] = field(default_factory=dict)

    def statements(self, statements: Statements) -> None:
        for name, one in statements.definitions.items():
            self.names[name] = self._of(one.right) or self._none
        for name, one in statements.states.items():
            left = _minus(self.names[name], self.names[TIME_STEP])
            self._sides(left, f"d{name}/dt", one)
        for name, one in statements.resets.items():
            self._sides(self.names[name], name, one)
        if statements.threshold:
            self._of(statements.threshold.right)

    def _sides(self, left: Vector, label: str, equation: Equation) -> None:
        right = self._of(equation.right)
        if right is not None:
            words = "the left side" if equation.place.words == label else label
            self.equal(left, right, words, equation.place.words, equation.place)

    @property
    def _none(self) -> Vector:
        return (0,) * len(self.names[TIME_STEP])

    def _of(self, node: Expression) -> Vector | None:
        """Return a dimension; None for zero, which has any."""
        if node not in self._known:
            self._known[node] = self._work_out(node)
        return self._known[node]

    def _work_out(self, node: Expression) -> Vector | None:
        operation, operands = node.operation, node.operands
        if operation == "leaf":
            return self.names[operands[0]]
        if operation == "constant":
            return None if operands[0] == 0 else self._none
        vectors = [self._of(operand) for operand in operands]
        if operation in ("multiply", "divide"):
            a, b = (self._none if one is None else one for one in vectors)
            if vectors[0] is None or (operation == "multiply" and vectors[1] is None):
                return None
            return _minus(a, b) if operation == "divide" else _minus(a, _minus(self._none, b))
        if operation == "sqrt":
            return None if vectors[0] is None else tuple(Fraction(1, 2) * one for one in vectors[0])
        if operation in FUNCTIONS:
            return self._of_function(node, vectors[0])
        if operation == "where":
            operands, vectors = operands[1:], vectors[1:]
        if operation in ("both", "either", "invert"):
            return self._none
        joined = self._joined(node, operands, vectors)
        return self._none if operation in ("greater", "at_least") else joined

    def _of_function(self, node: Expression, argument: Vector | None) -> Vector:
        if argument is not None:
            place = self.places[node.operands[0]]
            self.equal(argument, self._none, place.words, f"what {node.operation} takes", place)
        return self._none

    def _joined(self, node: Expression, operands: tuple, vectors: list) -> Vector | None:
        first, second = (
            None if one.operation == "constant" and not self.strict else vector
            for one, vector in zip(operands, vectors, strict=True)
        )
        if first is None or second is None:
            return second if first is None else first
        one, other = (self.places[operand].words for operand in operands)
        self.equal(first, second, one, other, self.places[node])
        return first


def _said(vector: Vector, scales: Scales) -> str:
    time, voltage, current = map(Fraction, vector)
    exact = time, voltage, current
    unit = f" ({scales.unit(exact)})" if any(exact) else ""
    return dimension_name(exact) + unit


def _minus(a: Vector, b: Vector) -> Vector:
    return tuple(x - y for x, y in zip(a, b, strict=True))
