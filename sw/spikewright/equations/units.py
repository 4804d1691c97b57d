"""Units of time, voltage and current, and numbers with a unit.

A unit is a power of ten of a product of powers of second, volt and ampere: all that a neuron's
equations need. The numbers that a neuron computes with are those of its own *coherent* units, in
which no equation needs a conversion factor: with mV, nA and ms, resistances are in MOhm.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

__all__ = [
    "BARE", "LEAST", "MOST", "TIME", "Dimension", "Quantity", "Scales", "Unit", "dimension_name",
]

#: Powers of second, volt and ampere.
Dimension = tuple[Fraction, Fraction, Fraction]

_NAMES = ("s", "V", "A")
_PREFIXES = {"f": -15, "p": -12, "n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9}
_UNITS = {
    "s": (1, 0, 0), "V": (0, 1, 0), "A": (0, 0, 1), "Hz": (-1, 0, 0), "Ohm": (0, 1, -1),
    "ohm": (0, 1, -1), "S": (0, -1, 1), "F": (1, -1, 1), "C": (1, 0, 1),
}
_WORDS = {
    (0, 0, 0): "a mere number", (1, 0, 0): "time", (0, 1, 0): "voltage", (0, 0, 1): "current",
    (-1, 0, 0): "1/time", (0, 1, -1): "resistance", (0, -1, 1): "conductance",
    (1, -1, 1): "capacitance", (1, 0, 1): "charge",
}
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_FACTOR = re.compile(r"([*/]?)\s*([A-Za-z]+|1)(?:(?:\^|\*\*)(-?\d+))?\s*")
_SOME = "V, A, s, Hz, Ohm, S, F and C, with f p n u m k M G before them, such as mV or nA/ms"


@dataclass(frozen=True)
class Unit:
    """A unit.

    Parameters
    ----------
    text : str
        As it was written; ``"1"`` for a mere number.
    dimension : Dimension
    power : Fraction
        Of ten, that one of this unit is of second, volt and ampere.
    """

    text: str
    dimension: Dimension
    power: Fraction

    @classmethod
    def parse(cls, text: str) -> "Unit":
        """Read ``"mV"``, ``"nA/ms"``, ``"1/ms"``. Raises :exc:`ValueError` for anything else."""
        powers, ten, at = [Fraction(0)] * 3, Fraction(0), 0
        text = text.strip()
        while at < len(text):
            found = _FACTOR.match(text, at)
            if found is None or (at > 0) != bool(found[1]):
                raise ValueError(f"{text!r} is no unit; there are {_SOME}")
            at = found.end()
            times = int(found[3] or 1) * (-1 if found[1] == "/" else 1)
            dimension, power = _atom(found[2], whole=text)
            powers = [a + times * b for a, b in zip(powers, dimension, strict=True)]
            ten += times * power
        return cls(text or "1", (powers[0], powers[1], powers[2]), ten)


#: The dimension of time.
TIME: Dimension = (Fraction(1), Fraction(0), Fraction(0))
#: Least and greatest size of a number that is not zero. What is beyond is no neuron's, and its
#: products could leave the range of a float.
LEAST, MOST = 1e-30, 1e30

#: The unit of a mere number.
BARE = Unit("1", (Fraction(0), Fraction(0), Fraction(0)), Fraction(0))


def _atom(name: str, *, whole: str) -> tuple[tuple[int, ...], int]:
    for unit, dimension in _UNITS.items():
        prefix = name.removesuffix(unit)
        if name.endswith(unit) and prefix in _PREFIXES:
            return dimension, _PREFIXES[prefix]
    if name == "1":
        return (0, 0, 0), 0
    raise ValueError(f"{name!r} in {whole!r} is no unit; there are {_SOME}")


@dataclass(frozen=True)
class Quantity:
    """A number with its unit; the number is as written, so that nothing is lost by scaling."""

    number: Decimal
    unit: Unit = BARE

    @classmethod
    def parse(cls, value: float | str) -> "Quantity":
        """Read ``"20ms"``, ``"-65 mV"``, ``"0.5"`` or a number.

        Raises :exc:`ValueError` for anything else.
        """
        text = str(value).strip()
        found = _NUMBER.match(text)
        if isinstance(value, bool) or found is None:
            raise ValueError(f"{text!r} is no number, such as 20, 0.5 or -65mV")
        number = Decimal(found[0])
        if number and not LEAST <= abs(number) <= MOST:
            raise ValueError(
                f"{found[0]} is too {'large' if abs(number) > 1 else 'small'} to compute with; a "
                f"number is 0, or {LEAST:g} to {MOST:g} in size"
            )
        return cls(number, Unit.parse(text[found.end() :]))


@dataclass(frozen=True)
class Scales:
    """The coherent units of a neuron.

    Parameters
    ----------
    powers : Dimension
        Powers of ten that the neuron's units of time, voltage and current are of s, V and A.
    """

    powers: Dimension

    @classmethod
    def of(cls, units: Iterable[Unit]) -> "Scales":
        """Return the scales that make these units coherent, the first of them first.

        A unit settles the scale of a dimension if the others in it are settled already. What no
        unit settles is in s, V and A.
        """
        powers: list[Fraction | None] = [None] * 3
        waiting = list(units)
        while True:
            for unit in waiting:
                open_ones = [
                    n for n in range(3) if unit.dimension[n] and powers[n] is None
                ]
                if len(open_ones) == 1:
                    (n,) = open_ones
                    rest = sum(
                        unit.dimension[k] * (powers[k] or 0) for k in range(3) if k != n
                    )
                    powers[n] = (unit.power - rest) / unit.dimension[n]
                    break
            else:
                break
        return cls((powers[0] or Fraction(0), powers[1] or Fraction(0), powers[2] or Fraction(0)))

    def power(self, dimension: Dimension) -> Fraction:
        """Return the power of ten that the coherent unit of a dimension is of s, V and A."""
        return sum((a * b for a, b in zip(dimension, self.powers, strict=True)), Fraction(0))

    def fits(self, unit: Unit) -> bool:
        """Return whether a unit is coherent."""
        return self.power(unit.dimension) == unit.power

    def number(self, quantity: Quantity) -> float:
        """Return the number of a quantity in the coherent unit."""
        shift = quantity.unit.power - self.power(quantity.unit.dimension)
        if shift.denominator == 1:
            return float(quantity.number.scaleb(shift.numerator))
        return float(quantity.number) * 10.0 ** float(shift)

    def unit(self, dimension: Dimension) -> str:
        """Name the coherent unit of a dimension, such as ``"mV/nA"``."""
        power = self.power(dimension)
        for unit, known in _UNITS.items():
            for prefix, ten in _PREFIXES.items():
                if known == dimension and ten == power and unit != "Hz":
                    return prefix + unit
        over, under = [], []
        for name, own, exponent in zip(_NAMES, self.powers, dimension, strict=True):
            prefix = next((p for p, ten in _PREFIXES.items() if ten == own), f"(1e{own})")
            if exponent:
                word = prefix + name + (f"^{abs(exponent)}" if abs(exponent) != 1 else "")
                (over if exponent > 0 else under).append(word)
        return "/".join(["*".join(over) or "1", *under])


def dimension_name(dimension: Dimension) -> str:
    """Name a dimension: ``"voltage"``, ``"voltage/time"``."""
    known = _WORDS.get(tuple(dimension))  # pyright: ignore[reportArgumentType, reportCallIssue]
    if known:
        return known
    over, under = [], []
    for name, exponent in zip(("time", "voltage", "current"), dimension, strict=True):
        word = name + (f"^{abs(exponent)}" if abs(exponent) != 1 else "")
        if exponent:
            (over if exponent > 0 else under).append(word)
    return "/".join(["*".join(sorted(over, reverse=True)) or "1", *under])
