"""Functions of one variable as tables with linear interpolation, and the error that this makes.

Between two entries the table is a straight line. Entries lie ``2**segment`` argument steps apart;
the segments are halved until the line's error is less than a step of the result, or until there
are :data:`SEGMENTS` of them. Outside the table its end values hold.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from .interval import Interval

__all__ = ["SEGMENTS", "Table", "real_function", "tabulate"]

#: Most segments of a table: what a few hundred LUTs hold.
SEGMENTS = 128
#: Points in each segment at which the line is compared with the function.
_PROBES = 16


@dataclass(frozen=True)
class Table:
    """A tabulated function; all numbers are stored integers.

    Parameters
    ----------
    function : str
        One of :data:`~.expression.FUNCTIONS`.
    argument, result : int
        Bits behind the point of the argument and of the result.
    low, high : int
        Arguments are limited to these first.
    segment : int
        The argument's low bits that lie within a segment.
    weight : int
        How many of those, the upper ones, weigh the two entries.
    entries : tuple of int
        The function's values at the segments' ends.
    error : float
        Largest distance from the function, in real units, for arguments from ``low`` to ``high``.
    """

    function: str
    argument: int
    result: int
    low: int
    high: int
    segment: int
    weight: int
    entries: tuple[int, ...]
    error: float

    @property
    def slopes(self) -> tuple[int, ...]:
        """Differences of neighbouring entries."""
        return tuple(b - a for a, b in pairwise(self.entries))

    def value(self, stored: int) -> int:
        """Look a stored argument up, as the gateware does."""
        x = max(self.low, min(self.high, stored))
        index = (x >> self.segment) - (self.low >> self.segment)
        drop = self.segment - self.weight
        part = (x & ((1 << self.segment) - 1)) >> drop
        return self.entries[index] + (self.slopes[index] * part >> self.weight)


def real_function(name: str) -> Callable[[float], float]:
    """Give a function of :data:`~.expression.FUNCTIONS` on real numbers."""
    return _FUNCTIONS[name]


def tabulate(
    function: str, *, argument: int, interval: Interval, result: int, limit: float
) -> Table:
    """Make the table of a function over an interval of arguments.

    Parameters
    ----------
    function : str
    argument, result : int
        Bits behind the point of the argument and of the result.
    interval : Interval
        Stored arguments that can come.
    limit : float
        Results beyond this size need not be told apart.

    Raises
    ------
    ValueError
        The function is not defined anywhere on the interval, or divides by what can be zero.
    """
    real = _FUNCTIONS[function]
    unit = 2.0**-argument
    low, high = _domain(function, interval, unit)
    half = 2.0 ** -(result + 1)

    def at(stored: float) -> float:
        value = real(max(low, min(high, stored)) * unit)
        return max(-limit, min(limit, value))

    # All functions here are monotonic, so that flat ends can be cut off.
    first = _search(low, high, lambda x: abs(at(x) - at(low)) > half) - 1
    last = high - _search(0, high - low, lambda d: abs(at(high - d) - at(high)) > half) + 1
    low, high = max(low, first), min(high, max(last, first))
    segment = (high - low).bit_length()
    while True:
        base, count = low >> segment, (high >> segment) - (low >> segment) + 1
        ends = [at((base + n) << segment) for n in range(count + 1)]
        line = _line_error(at, base, segment, ends)
        if segment == 0 or 2 * count > SEGMENTS or line <= half:
            break
        segment -= 1
    entries = tuple(_stored(end, result) for end in ends)
    steepest = max(abs(b - a) for a, b in pairwise(entries))
    weight = min(segment, steepest.bit_length() + 1)
    # Beside the line's: half a step of the entries, one of the product's floor, half of the weight.
    error = line + 2 * 2.0**-result
    return Table(function, argument, result, low, high, segment, weight, entries, error)


def _line_error(
    at: Callable[[float], float], base: int, segment: int, ends: list[float]
) -> float:
    """Give a bound on the distance between the lines and the function.

    Where a function bends one way, its distance from the line is concave. So between two probes it
    lies below the chords on either side, drawn on.
    """
    worst = 0.0
    for n, (a, b) in enumerate(pairwise(ends)):
        shares = [probe / _PROBES for probe in range(1, _PROBES)]
        values = [at((base + n + share) * 2**segment) for share in shares]
        off = [abs(v - a - (b - a) * share) for v, share in zip(values, shares, strict=True)]
        off = [0.0, *off, 0.0]
        for k in range(_PROBES):
            here, there = off[k], off[k + 1]
            rise = here - off[k - 1] if k else math.inf
            fall = there - off[k + 2] if k + 2 <= _PROBES else math.inf
            worst = max(worst, here, _crossing(here, rise, there, fall))
    return worst


def _crossing(here: float, rise: float, there: float, fall: float) -> float:
    """Give the height at which two lines meet, one unit apart, or 0 if it is not between them."""
    if rise == math.inf:
        return there + max(fall, 0.0)
    if fall == math.inf:
        return here + max(rise, 0.0)
    slope = rise + fall
    share = (there + fall - here) / slope if slope > 0 else -1.0
    return here + rise * share if 0 <= share <= 1 else 0.0


def _domain(function: str, interval: Interval, unit: float) -> tuple[int, int]:
    """Give the arguments at which the function is defined."""
    low, high = interval.low, interval.high
    if function == "reciprocal" and low <= 0 <= high:
        raise ValueError(
            f"a division by what lies in {low * unit:g} to {high * unit:g}, which can be zero; "
            "limit the divisor with maximum() or clip()"
        )
    if function == "log":
        low = max(low, 1)
    if function == "sqrt":
        low = max(low, 0)
    if low > high:
        raise ValueError(
            f"{function} of what lies in {interval.low * unit:g} to {interval.high * unit:g}, "
            "where it is not defined; limit its argument with maximum() or clip()"
        )
    return low, high


def _search(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """Give the first number in ``low`` to ``high`` for which it holds, or ``high + 1``."""
    end = high + 1
    while low < end:
        middle = (low + end) // 2
        if holds(middle):
            end = middle
        else:
            low = middle + 1
    return end


def _stored(value: float, fraction: int) -> int:
    return math.floor(value * 2.0**fraction + 0.5)


def _exp(x: float) -> float:
    return math.exp(min(x, 700.0))


def _sigmoid(x: float) -> float:
    return 0.5 * (1 + math.tanh(x / 2))


_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "exp": _exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "tanh": math.tanh,
    "sigmoid": _sigmoid,
    "reciprocal": lambda x: 1 / x,
}
