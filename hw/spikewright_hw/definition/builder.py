"""From sums to nodes: here, and here alone, coefficients and constants are rounded."""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from .graph import listing
from .interval import Interval
from .nodes import Nodes, Number, signed_digits
from .sums import Constant, Sum

__all__ = ["Builder", "Families"]

#: Coefficients from here on are refused.
_LARGEST = 2.0**40
#: Coefficients below this are zero.
_SMALLEST = 2.0**-40
_BOUND = f"its size must be less than 2^40, or {_LARGEST:.3g}"
#: Bits below the finest state's step that a coefficient's loss must not reach.
_LOST = 8

#: Most bits after the point of a bound.
_FINEST_BOUND = 40

#: A constant, rounded: one number, or one for each neuron.
_Level = Fraction | tuple[Fraction, ...]
_ZERO = Constant(0.0)
#: For sums that differ in their constants alone, these constants.
Families = Mapping[tuple, Collection[_Level]]


@dataclass
class Builder:
    """Makes the nodes of sums.

    Parameters
    ----------
    nodes : Nodes
    digits : int
        Most signed powers of two in a coefficient.
    fraction : int
        Bits after the point of constants.
    known : Families
        What an earlier run on the same equations has left in ``families``.
    """

    nodes: Nodes
    digits: int
    fraction: int
    known: Families

    def __post_init__(self):
        self.families: dict[tuple, list[_Level]] = {}
        #: Constants that differ from neuron to neuron, as leaves of the program.
        self.vectors: dict[str, tuple[int, ...]] = {}
        self._leaves: dict[tuple[int, ...], Number] = {}

    def number(self, total: Sum, *, more: _Level = Fraction(0)) -> Number:
        """Make the node of a sum, exact but for its coefficients and its constant.

        What varies within a step is added up first, then what is known before it. Sums that differ
        in their constants alone share all but these.

        Parameters
        ----------
        more : Fraction or tuple of Fraction
            What is added to the constant after that is rounded.
        """
        level = _plus(self._level(total.constant), more)
        base = level
        if any(atom.varies for atom in total.terms):
            family = _family(total)
            self.families.setdefault(family, []).append(level)
            base = min(self.known.get(family, [level]), key=_size)
        number = self._build(total, base)
        for _, difference in self._constant(_plus(level, base, sign=-1)):
            number = self.nodes.binary("add", number, difference)
        return number

    def rounded(
        self, total: Sum, fraction: int, *, half_up: bool, plus: Constant = _ZERO
    ) -> Number:
        """Make the node of a sum, rounded to ``fraction`` bits after the point.

        ``plus`` is a constant that is rounded by itself, and has no more bits than that then.
        """
        more = self._level(plus)
        exact = self._build(total, _plus(self._level(total.constant), more))
        half = Fraction(1, 2 << fraction) if half_up and exact.fraction > fraction else Fraction(0)
        return self.dropped(self.number(total, more=_plus(more, half)), fraction)

    def dropped(self, number: Number, fraction: int) -> Number:
        """Drop the bits after ``fraction``; append zeros if there are fewer."""
        if number.fraction <= fraction:
            return self.nodes.aligned(number, fraction)
        by = number.fraction - fraction
        return self.nodes.make("shift_right", number, by, fraction=fraction)

    def bound(self, total: Sum) -> Number:
        """Make the node of what minimum() or maximum() compares.

        A constant that the grid of constants would move by more than a sixteenth keeps five bits:
        a small divisor's lower bound must not become zero.
        """
        if not total.is_constant:
            return self.number(total)
        levels = tuple(self._fine(value) for value in total.constant.each)
        one = isinstance(total.constant.value, int | float)
        for _, number in self._constant(levels[0] if one else levels):
            return number
        return self.nodes.constant(0)

    def _fine(self, value: float) -> Fraction:
        (level,) = _each(self._level(Constant(value)))
        if abs(level - Fraction(value)) * 16 <= abs(Fraction(value)):
            return level
        bits = min(_FINEST_BOUND, 4 - math.floor(math.log2(abs(value))))
        return Fraction(math.floor(value * 2.0**bits + 0.5), 1 << bits)

    def on_grid(self, constant: Constant, fraction: int) -> bool:
        """Return whether a constant has no more than ``fraction`` bits after the point."""
        return all((one * 2**fraction).denominator == 1 for one in _each(self._level(constant)))

    def opposite(self, a: Sum, b: Sum) -> bool:
        """Return whether one sum is the negative of the other, its constants rounded, too."""
        total = a.plus(b)
        levels = _each(_plus(self._level(a.constant), self._level(b.constant)))
        return not any((*levels, *(x for one in total.terms.values() for x in one.each)))

    # Parts ----------------------------------------------------------------------------------------

    def _build(self, total: Sum, level: _Level) -> Number:
        varying, known = (
            [
                term
                for atom, coefficient in total.terms.items()
                if atom.varies == varies
                for term in self._product(atom, coefficient)
            ]
            for varies in (True, False)
        )
        for constant in self._constant(level):
            if len(varying) < 2 or not self._put_below(varying, constant):
                known.append(constant)
        parts = [self.nodes.total(part) for part in (varying, known) if part]
        if not parts:
            return self.nodes.constant(0)
        sign, number = self.nodes.total(parts)
        if sign > 0:
            return number
        return self.nodes.binary("subtract", self.nodes.constant(0, number.fraction), number)

    def _put_below(self, terms: list[tuple[int, Number]], constant: tuple[int, Number]) -> bool:
        """Put a constant into the zeros below one of some terms, where it takes no adder.

        Return whether one has room for it. A sum of terms reaches down to their lowest bits
        anyhow; what is known before a step would be a wider addend with the constant.
        """
        sign, number = constant
        if not number.is_constant or number.interval.low < 0:
            return False
        for at, (sign_of, term) in enumerate(terms):
            room = number.fraction - term.fraction
            if sign_of == sign and room > 0 and number.interval.high < 1 << room:
                terms[at] = sign, self.nodes.binary("add", term, number)
                return True
        return False

    def _product(self, atom: Number, coefficient: Constant) -> list[tuple[int, Number]]:
        """Return signed numbers whose sum is an atom times a coefficient."""
        if atom.is_condition:  # it chooses a constant
            return [
                (1, self.nodes.choose(atom, one, self.nodes.constant(0, one.fraction)))
                for _, one in self._constant(self._level(coefficient))
            ]
        digits = [self._digits(atom, coefficient, value) for value in coefficient.each]
        if isinstance(coefficient.value, int | float):
            return [(sign, atom.times_power_of_two(exponent)) for sign, exponent in digits[0]]
        rounded = tuple(sum((s * Fraction(2) ** e for s, e in one), Fraction(0)) for one in digits)
        return [
            (1, self.nodes.make("multiply", one, atom, fraction=one.fraction + atom.fraction))
            for _, one in self._constant(rounded)
        ]

    def _digits(self, atom: Number, coefficient: Constant, value: float) -> list[tuple[int, int]]:
        """Return the digits of a coefficient, none where all that it scales is lost anyhow."""
        if abs(value) >= _LARGEST:
            raise ValueError(f"{coefficient.lead} to the coefficient {value:g}; {_BOUND}")
        if abs(value) >= _SMALLEST:
            return signed_digits(value, self.digits)
        largest = max(map(abs, (atom.interval.low, atom.interval.high))) * 2.0**-atom.fraction
        if abs(value) * largest >= 2.0 ** -(self.fraction + _LOST):
            raise ValueError(
                f"{coefficient.lead} to the coefficient {value:g} of what reaches {largest:.3g}; "
                f"its size must be at least 2^-40, or {_SMALLEST:.3g}"
            )
        return []

    def _level(self, constant: Constant) -> _Level:
        """Round a constant half up to the grid of constants."""
        for value in constant.each:
            if abs(value) >= _LARGEST:
                raise ValueError(f"{constant.lead} to the constant {value:g}; {_BOUND}")
        one = Fraction(1, 1 << self.fraction)
        levels = tuple(math.floor(Fraction(x) / one + Fraction(1, 2)) * one for x in constant.each)
        return levels[0] if isinstance(constant.value, int | float) else levels

    def _constant(self, level: _Level) -> list[tuple[int, Number]]:
        """Return signed numbers whose sum is a rounded constant: none if it is zero."""
        if not any(_each(level)):
            return []
        if not isinstance(level, tuple):
            return [(1, self.nodes.level(level))]
        fraction = max(one.denominator for one in level).bit_length() - 1
        leaf = self.vector([int(one * 2**fraction) for one in level])
        return [(1, leaf.times_power_of_two(-fraction))]

    def vector(self, values: Iterable[int]) -> Number:
        """Make a leaf of the program of integers, one for each neuron."""
        stored = tuple(values)
        if stored not in self._leaves:
            name = f"constant_{len(self.vectors)}"
            self.vectors[name] = stored
            interval = Interval.of(*stored)
            self._leaves[stored] = self.nodes.leaf(name, 0, interval, varies=False)
        return self._leaves[stored]


def _each(level: _Level) -> tuple[Fraction, ...]:
    return level if isinstance(level, tuple) else (level,)


def _plus(a: _Level, b: _Level, *, sign: int = 1) -> _Level:
    count = max(len(_each(a)), len(_each(b)))
    rows = [one if isinstance(one, tuple) else (one,) * count for one in (a, b)]
    sums = tuple(x + sign * y for x, y in zip(*rows, strict=True))
    return sums if isinstance(a, tuple) or isinstance(b, tuple) else sums[0]


def _size(level: _Level) -> tuple[int, Fraction]:
    """Return what sorts constants: one number before vectors, then by size."""
    return len(_each(level)), max(map(abs, _each(level)))


def _family(total: Sum) -> tuple:
    """Return what tells sums apart but for their constants; the same in every run."""
    return tuple(
        (listing({"": atom.node}), atom.fraction, one.value) for atom, one in total.terms.items()
    )
