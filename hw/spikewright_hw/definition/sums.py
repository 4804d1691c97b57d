"""Sums of atoms with real coefficients, before anything of them is rounded.

What a sum looks like follows from the equations alone, never from the values of the parameters: a
term whose coefficient happens to be zero stays. So a neuron computes the same whether a parameter
is given as one number or as one for each neuron.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from .definition import Value
from .nodes import Number
from .reals import Reals

__all__ = ["Constant", "Sum", "of_constants"]


@dataclass(frozen=True)
class Constant:
    """A real number that is known when a neuron is made, or one for each neuron.

    Parameters
    ----------
    value : float or tuple of float
    names : frozenset of str
        The parameters that it comes from.
    """

    value: Value
    names: frozenset[str] = frozenset()

    @property
    def lead(self) -> str:
        """What it comes from and a verb, as the beginning of a sentence."""
        if not self.names:
            return "the equation leads"
        return f"{' and '.join(sorted(self.names))} {'lead' if len(self.names) > 1 else 'leads'}"

    @property
    def each(self) -> tuple[float, ...]:
        """The values: one, or one for each neuron."""
        return (self.value,) if isinstance(self.value, int | float) else tuple(self.value)

    def always(self, number: float) -> bool:
        """Return whether this is a number whatever the parameters are."""
        return not self.names and self.value == number


_ZERO, _ONE = Constant(0.0), Constant(1.0)


def of_constants(operation: str | Callable, *operands: Constant) -> Constant:
    """Compute with constants: numbers, or each entry of vectors.

    Raises
    ------
    ValueError
        Vectors of several lengths meet, or the result is no finite number.
    """
    function = getattr(Reals, operation) if isinstance(operation, str) else operation
    names = frozenset().union(*(one.names for one in operands))
    values = [one.value for one in operands]
    lengths = {len(value) for value in values if not isinstance(value, int | float)}
    if len(lengths) > 1:
        sizes = " and ".join(map(str, sorted(lengths)))
        raise ValueError(f"parameters that meet in an equation hold {sizes} values")
    if not lengths:
        return Constant(_finite(function, values, names), names)
    rows = [[v] * max(lengths) if isinstance(v, int | float) else v for v in values]
    return Constant(tuple(_finite(function, row, names) for row in zip(*rows, strict=True)), names)


def _finite(function: Callable, values, names: frozenset[str]) -> float:
    try:
        result = float(function(*values))
    except (ZeroDivisionError, ValueError, OverflowError):
        result = math.nan
    if not math.isfinite(result):
        given = " and ".join(f"{value:g}" for value in values)
        raise ValueError(
            f"{Constant(0.0, names).lead} to a constant that is no finite number, from {given}"
        )
    return result


@dataclass
class Sum:
    """Atoms with their coefficients, and a constant."""

    terms: dict[Number, Constant] = field(default_factory=dict)
    constant: Constant = _ZERO

    @classmethod
    def of(cls, atom: Number) -> "Sum":
        """Make the sum of one atom alone."""
        return cls({atom: _ONE})

    @property
    def is_constant(self) -> bool:
        """Whether there are no atoms."""
        return not self.terms

    @property
    def atom(self) -> tuple[Number | None, Constant]:
        """The only atom and its coefficient, if there is but one and no constant."""
        if len(self.terms) == 1 and self.constant.always(0.0):
            return next(iter(self.terms.items()))
        return None, _ZERO

    @property
    def bare(self) -> Number | None:
        """The only atom, if its coefficient is 1."""
        if len(self.terms) != 1:
            return None
        ((atom, coefficient),) = self.terms.items()
        return atom if coefficient.always(1.0) else None

    def scaled(self, by: Constant) -> "Sum":
        """Multiply by a constant."""
        return self._each(lambda one: of_constants("multiply", one, by))

    def plus(self, other: "Sum") -> "Sum":
        """Add another sum."""
        return self._joined(other, lambda a, b: of_constants("add", a, b))

    def chosen(self, condition: Constant, other: "Sum") -> "Sum":
        """Choose this sum where a constant condition holds, else the other."""
        return self._joined(other, lambda a, b: of_constants("where", condition, a, b))

    def _each(self, function: Callable) -> "Sum":
        terms = {atom: function(one) for atom, one in self.terms.items()}
        return Sum(_present(terms), function(self.constant))

    def _joined(self, other: "Sum", function: Callable) -> "Sum":
        atoms = dict.fromkeys((*self.terms, *other.terms))
        terms = {
            atom: function(self.terms.get(atom, _ZERO), other.terms.get(atom, _ZERO))
            for atom in atoms
        }
        return Sum(_present(terms), function(self.constant, other.constant))


def _present(terms: dict[Number, Constant]) -> dict[Number, Constant]:
    return {atom: one for atom, one in terms.items() if not one.always(0.0)}
