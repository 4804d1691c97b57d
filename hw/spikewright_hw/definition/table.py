"""Functions of one variable as tables of short parabolas, and the error that this makes.

The arguments are cut into segments: the widest intervals of ``2**shift`` arguments, starting at a
multiple of their width, on which a line or a parabola through the function's values at the ends
(and in the middle) is near enough. Where the function bends more they are narrower, so the error
follows from the bits of the result alone, and the entries from the error. What a segment holds
depends on the function, the formats and the limit, not on which arguments can come: those that
cannot are left out, and change no value.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from .functions import defined, real_function, real_interval, steepest
from .interval import Interval

__all__ = ["Region", "Segment", "Table", "tabulate"]

#: Result bits up to which segments are lines.
LINES = 14
#: How far a line or a parabola may be from the function, in steps of the result.
_NEAR = 2.0
#: The interval between the points at which they are compared is the segment's over this.
_PROBES = 16
#: An interval's error between these points, over that at them.
_BETWEEN = 1.05
#: Arguments lie within ± 2 to this power.
_ROOT = 64


@dataclass(frozen=True)
class Segment:
    """``2**shift`` arguments from ``start`` on, and the parabola that stands for them.

    Parameters
    ----------
    start, shift : int
    entry, slope, bend : int
        At the share ``t`` of the segment the result is ``entry + (slope + bend * t) * t``.
    """

    start: int
    shift: int
    entry: int
    slope: int = 0
    bend: int = 0

    @property
    def is_flat(self) -> bool:
        """Whether all its arguments have one result."""
        return self.slope == self.bend == 0


@dataclass(frozen=True)
class Region:
    """Neighbouring segments of one width, from argument ``start`` on; ``index`` is the first's.

    With ``shift`` None, all arguments have the entry ``index``.
    """

    start: int
    shift: int | None
    index: int


@dataclass(frozen=True)
class Table:
    """A tabulated function; all numbers are stored integers.

    Parameters
    ----------
    function : str
        One of :data:`~.expression.FUNCTIONS`.
    argument, result : int
        Bits behind the point of the argument, which is rounded down to them, and of the result.
    limit : int
        Results of ``2**limit`` and more are not told apart.
    low, high : int
        Arguments are limited to these first.
    weight : int
        Bits of the share of a segment.
    segments : tuple of Segment
        Those that can be reached, in order.
    regions : tuple of Region
        The same, those of one width together.
    error : float
        Largest distance from the function, in real units, for arguments from ``low`` to ``high``
        whose results are less than the limit.
    state : str
        The state in which the result ends, or ``"spike"``.
    steps : float
        The error that the table leaves in it, in its steps.
    """

    function: str
    argument: int
    result: int
    limit: int
    low: int
    high: int
    weight: int
    segments: tuple[Segment, ...]
    regions: tuple[Region, ...]
    error: float
    state: str = ""
    steps: float = 0.0

    @property
    def degree(self) -> int:
        """2 if any segment is a parabola, else 1, or 0 if there are entries alone."""
        if any(one.bend for one in self.segments):
            return 2
        return int(any(one.slope for one in self.segments))

    def value(self, stored: int) -> int:
        """Look a stored argument up, as the gateware does."""
        x = max(self.low, min(self.high, stored))
        region = max((one for one in self.regions if one.start <= x), key=lambda one: one.start)
        if region.shift is None:
            return self.segments[region.index].entry
        at = (x - region.start << self.weight) >> region.shift
        one = self.segments[region.index + (at >> self.weight)]
        part = at & ((1 << self.weight) - 1)
        slope = one.slope + (one.bend * part >> self.weight)
        return one.entry + (slope * part >> self.weight)


@lru_cache(maxsize=256)
def tabulate(
    function: str, *, fraction: int, interval: Interval, argument: int, result: int, limit: int
) -> Table:
    """Make the table of a function over an interval of arguments.

    Parameters
    ----------
    function : str
    fraction : int
        Bits behind the point of what comes as argument.
    interval : Interval
        Stored arguments that can come, with ``fraction`` bits.
    argument, result : int
        Bits behind the point of the argument as it is looked up, and of the result.
    limit : int
        Results of ``2**limit`` and more need not be told apart.

    Raises
    ------
    ValueError
        The function is not defined anywhere on the interval, or divides by what can be zero.
    """
    _check(function, interval, 2.0**-fraction)
    coarse = max(0, argument - fraction)
    low, high = (
        end << coarse if argument >= fraction else end >> fraction - argument
        for end in (interval.low, interval.high)
    )
    if function in ("log", "sqrt"):
        low = max(low, 0)
    if function == "reciprocal" and interval.low > 0:
        low = max(low, 1)
    cutter = _Cutter(function, argument, result, limit)
    segments = _without_tails(list(cutter.segments(low, high, coarse)))
    rounded = 0.0
    if argument < fraction:
        ends = real_interval(low * 2.0**-argument, (high + 1) * 2.0**-argument)
        slope = steepest(function, ends, limit=2.0**limit)
        rounded = min(slope * 2.0**-argument, cutter.below(fraction))
    degree = max((2 if one.bend else 1 if one.slope else 0 for one in segments), default=0)
    lookup = (0.5, 2.0, 3.125)[degree] * 2.0**-result
    regions = tuple(_regions(segments))
    shifts = [one.shift for one in regions if one.shift is not None]
    return Table(
        function=function,
        argument=argument,
        result=result,
        limit=limit,
        low=low,
        high=high,
        weight=min(cutter.weight, max(shifts, default=0)),
        segments=segments,
        regions=regions,
        error=cutter.worst + lookup + rounded,
    )


class _Cutter:
    """Cuts the arguments of a function into segments."""

    def __init__(self, function: str, argument: int, result: int, limit: int):
        self._function = function
        self._unit = 2.0**-argument
        self._scale = 2.0**result
        self._limit = 2.0**limit
        bits = max(1, limit + result)
        self._degree = 1 if bits <= LINES else 2
        self.weight = (bits + 1) // 2 + 3 if self._degree == 1 else (2 * bits + 2) // 3 + 3
        self.worst = 0.0

    def below(self, fraction: int) -> float:
        """Return how far the function moves below the first argument above zero."""
        lost = math.log2(1 / self._unit)
        return math.log(2) * max(1, fraction - lost) if self._function == "log" else self._at(1)

    def segments(self, low: int, high: int, coarse: int) -> Iterator[Segment]:
        """Cut what lies in ``low`` to ``high``, of which every ``2**coarse``-th can come."""
        waiting = [(0, _ROOT), (-(1 << _ROOT), _ROOT)]
        while waiting:
            start, shift = waiting.pop()
            if start > high or start + (1 << shift) <= low:
                continue
            segment = self._segment(start, shift, coarse)
            if segment is not None:
                yield segment
                continue
            half = 1 << shift - 1
            waiting += [(start + half, shift - 1), (start, shift - 1)]

    def _at(self, x: float) -> float:
        if x == 0 and self._function == "sqrt":
            return 0.0
        if x <= 0 and self._function == "log":
            x = 1
        return real_function(self._function)(x * self._unit)

    def _stored(self, value: float) -> int:
        value = max(-self._limit, min(self._limit, value))
        return math.floor(value * self._scale + 0.5)

    def _segment(self, start: int, shift: int, coarse: int) -> Segment | None:
        end = start + (1 << shift)
        if shift <= coarse:
            return Segment(start, shift, self._stored(self._at(start)))
        if not (defined(self._function, start) and defined(self._function, end)):
            return None
        first, last = self._at(start), self._at(end)
        if min(first, last) >= self._limit:
            return Segment(start, shift, self._stored(self._limit))
        if max(first, last) <= -self._limit:
            return Segment(start, shift, self._stored(-self._limit))
        points = [self._at(start + k / _PROBES * (end - start)) for k in range(_PROBES + 1)]
        bend = 2 * (first - 2 * points[_PROBES // 2] + last) if self._degree == 2 else 0.0
        slope = last - first - bend
        most = 2.0 ** (self.weight - 1) / self._scale
        if max(abs(slope), abs(slope + 2 * bend)) > most:
            return None
        shares = [k / _PROBES for k in range(_PROBES + 1)]
        off = max(
            abs(point - (first + (slope + bend * t) * t))
            for point, t in zip(points, shares, strict=True)
        )
        if off * self._scale > _NEAR:
            return None
        self.worst = max(self.worst, _BETWEEN * off)
        return self._rounded(start, shift, first, points[_PROBES // 2], last)

    def _rounded(
        self, start: int, shift: int, first: float, middle: float, last: float
    ) -> Segment:
        a, b, c = (math.floor(value * self._scale + 0.5) for value in (first, middle, last))
        bend = 2 * (a - 2 * b + c) if self._degree == 2 else 0
        return Segment(start, shift, a, c - a - bend, bend)


def _without_tails(segments: list[Segment]) -> tuple[Segment, ...]:
    """Leave out segments at either end that only repeat their neighbour's entry."""
    while len(segments) > 1 and _same(*segments[:2]):
        del segments[1]
    while len(segments) > 1 and _same(*segments[-2:]):
        del segments[-1]
    return tuple(segments)


def _same(a: Segment, b: Segment) -> bool:
    return a.is_flat and b.is_flat and a.entry == b.entry


def _regions(segments: tuple[Segment, ...]) -> Iterator[Region]:
    """Put neighbouring segments of one width together; flat ones at either end stand alone."""
    shift: int | None = -1
    for index, one in enumerate(segments):
        end = index in (0, len(segments) - 1)
        width = None if one.is_flat and end else one.shift
        if width is None or width != shift:
            yield Region(one.start, width, index)
        shift = width


def _check(function: str, interval: Interval, unit: float) -> None:
    """Raise :exc:`ValueError` unless a function is defined on the interval."""
    low, high = interval.low * unit, interval.high * unit
    if function == "reciprocal" and low <= 0 <= high:
        raise ValueError(
            f"a division by what lies in {low:g} to {high:g}, which can be zero; "
            "limit the divisor with maximum() or clip()"
        )
    if (function == "log" and high <= 0) or (function == "sqrt" and high < 0):
        raise ValueError(
            f"{function} of what lies in {low:g} to {high:g}, "
            "where it is not defined; limit its argument with maximum() or clip()"
        )
