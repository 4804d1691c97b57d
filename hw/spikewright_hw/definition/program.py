"""From equations to a program: sums in normal form first, then nodes.

Equations are brought into sums of *atoms* (inputs, states, products, choices, tables) with real
coefficients. So ``dt / tau * (rest - v + r * i)`` becomes one coefficient for ``v``, one for ``i``
and a constant, and only these three numbers are rounded.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .definition import Value
from .expression import FUNCTIONS, Expression, Operations, listing
from .functions import real_function
from .interval import Interval
from .lookup import look_up
from .nodes import Nodes, Number, signed_digits
from .table import Table, tabulate
from .use import Use

__all__ = ["Program"]

#: Bits behind the point of a coefficient that differs from neuron to neuron.
_VECTOR_BITS = 12
#: More bits than any constant has behind its point.
_EXACT = 64


@dataclass
class _Sum:
    """Atoms with their real coefficients, and a real constant."""

    terms: dict[Number, Value] = field(default_factory=dict)
    constant: Value = 0.0

    @property
    def is_constant(self) -> bool:
        return not self.terms

    @property
    def atom(self) -> tuple[Number | None, Value]:
        """The only atom and its coefficient, if there is but one and no constant."""
        if len(self.terms) == 1 and _is(self.constant, 0.0):
            return next(iter(self.terms.items()))
        return None, 0.0

    def scaled(self, by: Value) -> "_Sum":
        terms = {atom: _each(_Real.multiply, value, by) for atom, value in self.terms.items()}
        return _Sum(terms, _each(_Real.multiply, self.constant, by))

    def plus(self, other: "_Sum") -> "_Sum":
        terms = dict(self.terms)
        for atom, value in other.terms.items():
            terms[atom] = _each(_Real.add, terms.get(atom, 0.0), value)
        terms = {atom: value for atom, value in terms.items() if not _is(value, 0.0)}
        return _Sum(terms, _each(_Real.add, self.constant, other.constant))


@dataclass(frozen=True)
class _Rounding:
    """A sum that is stored: what is added before the bits behind ``fraction`` are dropped."""

    half: float
    fraction: int


class Program:
    """Compiles equations.

    Parameters
    ----------
    parameters : mapping of str to float or sequence of float
    leaves : mapping of str to (int, Interval, bool)
        Of each input and state the bits behind its point, its range, and whether it is a state.
    digits : int
        Most signed powers of two in a coefficient.
    fraction : int
        Bits behind the point of levels.
    uses : mapping of Expression to sequence of Use
        Of each function in the equations, its use: one, or one for each neuron.
    families : mapping, optional
        What an earlier run on the same equations has left in :attr:`families`.

    Attributes
    ----------
    families : dict
        For sums that differ in their constants alone: these constants, and how they are rounded
        where they are stored.
    vectors : dict of str to tuple of int
        Constants that differ from neuron to neuron, as leaves of the program.
    tables : list of Table
        Functions in the program.
    """

    def __init__(
        self,
        *,
        parameters: dict[str, Value],
        leaves: dict[str, tuple[int, Interval, bool]],
        digits: int,
        fraction: int,
        uses: Mapping[Expression, Sequence[Use]],
        families: "Mapping[tuple, Mapping[float, _Rounding | None]] | None" = None,
    ):
        self._parameters = parameters
        self._digits = digits
        self._fraction = fraction
        self._uses = uses
        self._nodes = Nodes()
        self._leaves = {
            name: self._nodes.leaf(name, bits, interval, varies=varies)
            for name, (bits, interval, varies) in leaves.items()
        }
        self._known_families = families or {}
        self.families: dict[tuple, dict[float, _Rounding | None]] = {}
        self._sums: dict[Expression, _Sum] = {}
        self.vectors: dict[str, tuple[int, ...]] = {}
        self.tables: list[Table] = []

    # Outputs --------------------------------------------------------------------------------------

    def stored(self, equation: Expression, fraction: int, *, half_up: bool) -> Expression:
        """Give the program of an equation, rounded to ``fraction`` bits behind the point."""
        return self._stored(equation, fraction, half_up).node

    def condition(self, equation: Expression) -> Expression:
        """Give the program of a condition."""
        return self._condition(self._sum(equation)).node

    def _stored(self, equation: Expression, fraction: int, half_up: bool) -> Number:
        if equation.operation == "where":  # each branch rounds for itself, and may share its sums
            chosen, yes, no = equation.operands
            condition = self._sum(chosen)
            if condition.is_constant and isinstance(condition.constant, int | float):
                return self._stored(yes if condition.constant else no, fraction, half_up)
            yes, no = (self._stored(branch, fraction, half_up) for branch in (yes, no))
            return self._nodes.choose(self._condition(condition), yes, no)
        total = self._sum(equation)
        level = total.constant
        if isinstance(level, int | float):
            level = self._rounded(level)
        exact = self._build(total.terms, self._level(level))
        if exact.fraction <= fraction:  # there is nothing to round
            return self._nodes.aligned(self._number(total), fraction)
        half = 2.0 ** -(fraction + 1) if half_up else 0.0
        return self._dropped(self._number(total, rounding=_Rounding(half, fraction)), fraction)

    def _dropped(self, number: Number, fraction: int) -> Number:
        if number.fraction <= fraction:  # the half that rounds made it a round number
            return self._nodes.aligned(number, fraction)
        return self._nodes.make(
            "shift_right", number, number.fraction - fraction, fraction=fraction
        )

    # Equations to sums ----------------------------------------------------------------------------

    def _sum(self, equation: Expression) -> _Sum:
        if equation not in self._sums:
            self._sums[equation] = self._make_sum(equation)
        return self._sums[equation]

    def _make_sum(self, equation: Expression) -> _Sum:
        operation, operands = equation.operation, equation.operands
        if operation == "constant":
            return _Sum(constant=float(operands[0]))
        if operation == "leaf":
            (name,) = operands
            if name in self._parameters:
                return _Sum(constant=self._parameters[name])
            return _Sum({self._leaves[name]: 1.0})
        sums = [self._sum(operand) for operand in operands]
        if all(one.is_constant for one in sums):
            real = real_function(operation) if operation in FUNCTIONS else getattr(_Real, operation)
            return _Sum(constant=_each(real, *(one.constant for one in sums)))
        if operation in FUNCTIONS:
            return _Sum({self._table(equation, self._number(sums[0])): 1.0})
        if operation == "divide" and not sums[1].is_constant:
            over = _Sum({self._table(equation, self._number(sums[1])): 1.0})
            return self._multiply(sums[0], over)
        return getattr(self, f"_{operation}")(*sums)

    def _add(self, a: _Sum, b: _Sum) -> _Sum:
        return a.plus(b)

    def _subtract(self, a: _Sum, b: _Sum) -> _Sum:
        return a.plus(b.scaled(-1.0))

    def _multiply(self, a: _Sum, b: _Sum) -> _Sum:
        if a.is_constant:
            return b.scaled(a.constant)
        if b.is_constant:
            return a.scaled(b.constant)
        for one, other in ((a, b), (b, a)):  # a condition chooses; it needs no multiplier
            if len(one.terms) == 1 and next(iter(one.terms)).is_condition:
                ((condition, value),) = one.terms.items()
                yes = other.scaled(_each(_Real.add, one.constant, value))
                return self._choose(condition, yes, other.scaled(one.constant))
        scale: Value = 1.0
        factors = []
        for one in (a, b):  # a coefficient of either one is one of the product
            atom, value = one.atom
            scale = _each(_Real.multiply, scale, 1.0 if atom is None else value)
            factors.append(self._number(one) if atom is None else atom)
        x, y = factors
        return _Sum({self._nodes.make("multiply", x, y, fraction=x.fraction + y.fraction): scale})

    def _divide(self, a: _Sum, b: _Sum) -> _Sum:
        return a.scaled(_each(_Real.divide, 1.0, b.constant))

    def _greater(self, a: _Sum, b: _Sum) -> _Sum:
        return self._compare("greater", self._subtract(a, b))

    def _at_least(self, a: _Sum, b: _Sum) -> _Sum:
        return self._compare("at_least", self._subtract(a, b))

    def _compare(self, operation: str, difference: _Sum) -> _Sum:
        if difference.is_constant:
            return _Sum(constant=_each(getattr(_Real, operation), difference.constant, 0.0))
        rounding = self._rounding(difference)
        number = self._number(difference, rounding=rounding)
        if rounding is not None:
            number = self._dropped(number, rounding.fraction)
        return _Sum({self._nodes.make(operation, number, self._nodes.constant(0)): 1.0})

    def _both(self, a: _Sum, b: _Sum) -> _Sum:
        return self._join("both", a, b)

    def _either(self, a: _Sum, b: _Sum) -> _Sum:
        return self._join("either", a, b)

    def _join(self, operation: str, a: _Sum, b: _Sum) -> _Sum:
        for one, other in ((a, b), (b, a)):
            if one.is_constant and isinstance(one.constant, int | float):
                if bool(one.constant) == (operation == "both"):
                    return other
                return _Sum(constant=float(operation == "either"))
        return _Sum({self._nodes.make(operation, self._condition(a), self._condition(b)): 1.0})

    def _invert(self, a: _Sum) -> _Sum:
        return _Sum({self._nodes.make("invert", self._condition(a)): 1.0})

    def _where(self, condition: _Sum, yes: _Sum, no: _Sum) -> _Sum:
        if condition.is_constant and isinstance(condition.constant, int | float):
            return yes if condition.constant else no
        return self._choose(self._condition(condition), yes, no)

    def _choose(self, condition: Number, yes: _Sum, no: _Sum) -> _Sum:
        return _Sum({self._nodes.choose(condition, self._number(yes), self._number(no)): 1.0})

    def _minimum(self, a: _Sum, b: _Sum) -> _Sum:
        return _Sum({self._nodes.binary("minimum", self._number(a), self._number(b)): 1.0})

    def _maximum(self, a: _Sum, b: _Sum) -> _Sum:
        return _Sum({self._nodes.binary("maximum", self._number(a), self._number(b)): 1.0})

    # Sums to numbers ------------------------------------------------------------------------------

    def _condition(self, one: _Sum) -> Number:
        """Give a sum as a condition, which holds if it is more than zero."""
        atom, value = one.atom
        if atom is not None and atom.is_condition and _is(value, 1.0):
            return atom
        if one.is_constant:
            constant = one.constant
            verdict = str(bool(constant)).lower() if isinstance(constant, int | float) else "fixed"
            raise ValueError(f"the condition is always {verdict}, whatever the states and inputs")
        return self._nodes.make("greater", self._number(one), self._nodes.constant(0))

    def _number(self, one: _Sum, *, rounding: "_Rounding | None" = None) -> Number:
        """Give the node of a sum, and of the half that rounds it where it is stored.

        What varies within a step is added up first, then what is known before it. Sums that differ
        in their constants alone share all but these.
        """
        half = 0.0 if rounding is None else rounding.half
        if not isinstance(one.constant, int | float):
            return self._build(one.terms, self._level(one.constant) + self._level(half))
        level = self._rounded(one.constant) + half
        base = level
        if any(atom.varies for atom in one.terms):
            family = _family(one.terms)
            self.families.setdefault(family, {}).setdefault(level, rounding)
            base = min(self._known_families.get(family, [level]), key=abs)
        number = self._build(one.terms, self._level(base))
        if level == base:
            return number
        return self._nodes.binary("add", number, self._nodes.level(level - base, _EXACT))

    def _rounded(self, level: float) -> float:
        return math.floor(level * 2.0**self._fraction + 0.5) * 2.0**-self._fraction

    def _rounding(self, difference: _Sum) -> "_Rounding | None":
        """Give how a sum is rounded where it is stored too, if it is.

        A comparison of what is stored compares it as it is stored: the neuron spikes when its
        membrane does, not a fraction of a step before.
        """
        if not isinstance(difference.constant, int | float):
            return None
        level = self._rounded(difference.constant)
        for stored, rounding in self._known_families.get(_family(difference.terms), {}).items():
            if rounding is not None and stored - rounding.half == level:
                return rounding
        return None

    def _build(
        self, terms: Mapping[Number, Value], constants: list[tuple[int, Number]]
    ) -> Number:
        parts: list[tuple[int, Number]] = []
        for varies in (True, False):
            part = [
                term
                for atom, value in terms.items()
                if atom.varies == varies
                for term in self._product(atom, value)
            ]
            part += [] if varies else constants
            if part:
                parts.append(self._nodes.total(part))
        if not parts:
            return self._nodes.constant(0)
        sign, total = self._nodes.total(parts)
        if sign > 0:
            return total
        return self._nodes.binary("subtract", self._nodes.constant(0, total.fraction), total)

    def _product(self, atom: Number, value: Value) -> list[tuple[int, Number]]:
        """Give signed numbers whose sum is an atom times a coefficient."""
        if not isinstance(value, int | float):
            factor = self._vector(value, _VECTOR_BITS)
            fraction = factor.fraction + atom.fraction
            return [(1, self._nodes.make("multiply", factor, atom, fraction=fraction))]
        if atom.is_condition:
            yes = self._nodes.level(self._rounded(value), _EXACT)
            return [(1, self._nodes.choose(atom, yes, self._nodes.constant(0, yes.fraction)))]
        return [
            (sign, atom.times_power_of_two(exponent))
            for sign, exponent in signed_digits(value, self._digits)
        ]

    def _level(self, value: Value) -> list[tuple[int, Number]]:
        """Give signed numbers whose sum is a constant that is rounded already."""
        if not isinstance(value, int | float):
            return [(1, self._vector(value, self._fraction))]
        return [(1, self._nodes.level(value, _EXACT))] if value else []

    def _vector(self, values: Sequence[float], fraction: int) -> Number:
        stored = tuple(math.floor(value * 2.0**fraction + 0.5) for value in values)
        name = next((name for name, known in self.vectors.items() if known == stored), None)
        if name is None:
            name = f"constant_{len(self.vectors)}"
            self.vectors[name] = stored
            self._leaves[name] = self._nodes.leaf(name, 0, Interval.of(*stored), varies=False)
        return self._leaves[name].times_power_of_two(-fraction)

    def _table(self, equation: Expression, x: Number) -> Number:
        """Look a function up; neurons whose uses differ look it up in tables of their own."""
        function = "reciprocal" if equation.operation == "divide" else equation.operation
        of_neurons = self._uses[equation]
        kinds = sorted(set(of_neurons))
        found = [self._looked_up(function, x, use) for use in kinds]
        if len(kinds) == 1:
            return found[0]
        kind = self._vector([kinds.index(use) for use in of_neurons], 0)
        chosen = found[0]
        for n, one in enumerate(found[1:], start=1):
            there = self._nodes.make("at_least", kind, self._nodes.constant(n))
            chosen = self._nodes.choose(there, one, chosen)
        return chosen

    def _looked_up(self, function: str, x: Number, use: Use) -> Number:
        table = tabulate(
            function,
            fraction=x.fraction,
            interval=x.interval,
            argument=use.argument,
            result=use.result,
            limit=use.limit,
        )
        table = replace(table, state=use.state, steps=table.error * use.gain)
        if table not in self.tables:
            self.tables.append(table)
        return look_up(self._nodes, table, x)


class _Real(Operations):
    """What operations on parameters alone do: nothing is rounded yet."""

    @staticmethod
    def where(condition: float, yes: float, no: float) -> float:
        return yes if condition else no

    @staticmethod
    def both(a: float, b: float) -> float:
        return float(bool(a) and bool(b))

    @staticmethod
    def either(a: float, b: float) -> float:
        return float(bool(a) or bool(b))


def _family(terms: Mapping[Number, Value]) -> tuple:
    """Give what tells sums apart but for their constants; the same in every run."""
    return tuple((listing({"": atom.node}), atom.fraction, value) for atom, value in terms.items())


def _each(function: Callable, *values: Value) -> Value:
    """Apply a function to numbers, or to each entry of vectors."""
    lengths = {len(value) for value in values if not isinstance(value, int | float)}
    if len(lengths) > 1:
        sizes = " and ".join(map(str, sorted(lengths)))
        raise ValueError(f"parameters that meet in an equation hold {sizes} values")
    try:
        if not lengths:
            return float(function(*values))
        rows = [[v] * max(lengths) if isinstance(v, int | float) else v for v in values]
        return tuple(float(function(*row)) for row in zip(*rows, strict=True))
    except (ZeroDivisionError, ValueError, OverflowError) as error:
        given = " and ".join(str(value) for value in values)
        raise ValueError(f"the parameters lead to a constant that is none: {given}") from error


def _is(value: Value, number: float) -> bool:
    return isinstance(value, int | float) and value == number
