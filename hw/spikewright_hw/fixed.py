"""Fixed-point number formats, in plain integers.

A fixed-point number is an integer and a :class:`Format` that says where its point lies. Nothing
here rounds or wraps by itself: each operation that loses information is a function with a name.
"""

import math
import re
from dataclasses import dataclass
from typing import Any

from .checks import settle, whole

__all__ = ["Format", "scaled"]

#: Most bits of a format; a number that is wider has lost its way.
_WIDEST = 128


@dataclass(frozen=True)
class Format:
    """A two's-complement format, written ``Qm.n``.

    Parameters
    ----------
    integer : int
        Bits before the point, the sign among them; at least 1.
    fraction : int
        Bits after the point; at least 0.

    Raises
    ------
    ValueError
        A number of bits is no whole number or out of its range, or there are more than 128 in all.
    """

    integer: int
    fraction: int

    def __post_init__(self):
        settle(self, integer=whole(1, _WIDEST), fraction=whole(0, _WIDEST - 1))
        if self.width > _WIDEST:
            raise ValueError(f"{self} has {self.width} bits; a format has at most {_WIDEST}")

    @classmethod
    def parse(cls, text: str) -> "Format":
        """Read ``"Q8.8"``. Raises :exc:`ValueError` for anything else."""
        match = re.fullmatch(r"Q([0-9]{1,9})\.([0-9]{1,9})", str(text))
        if match is None:
            raise ValueError(f"a number format is written like Q8.8, not {text!r}")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"Q{self.integer}.{self.fraction}"

    @property
    def width(self) -> int:
        """Bits in all."""
        return self.integer + self.fraction

    @property
    def min(self) -> int:
        """Smallest stored integer."""
        return -(1 << (self.width - 1))

    @property
    def max(self) -> int:
        """Largest stored integer."""
        return (1 << (self.width - 1)) - 1

    @property
    def one(self) -> int:
        """Stored integer of 1.0."""
        return 1 << self.fraction

    def saturate(self, value: int) -> int:
        """Clamp a stored integer into the format."""
        return max(self.min, min(self.max, value))

    def quantize(self, value: float) -> int:
        """Round a real number half up to the nearest stored integer, and saturate.

        Raises :exc:`ValueError` for what is no number.
        """
        scaled = value * self.one
        if math.isinf(scaled):
            return self.max if scaled > 0 else self.min
        below = math.floor(scaled)
        return self.saturate(below + (scaled - below >= 0.5))  # adding 0.5 first would round

    def real(self, stored: int) -> float:
        """Return the real number which a stored integer stands for."""
        return stored / self.one


def scaled(value: Any, exponent: int) -> Any:
    """Return ``value * 2**exponent``, rounded half up.

    ``value`` is an integer of any kind: Python's, an array of them, or gateware.
    """
    return value << exponent if exponent >= 0 else (value + (1 << (-exponent - 1))) >> -exponent
