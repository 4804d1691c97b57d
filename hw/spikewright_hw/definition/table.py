"""Functions of one variable as tables of segments, and the error that this makes.

What a table holds depends on the function, the formats and the limit, not on which arguments can
come: segments that cannot be reached are left out, and change no value.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from .functions import real_interval, steepest
from .interval import Interval
from .segment import Cutter, Segment

__all__ = ["Region", "Table", "tabulate"]

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
        Bits after the point of the argument, which is rounded down to them, and of the result.
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
        Bits after the point of what comes as argument.
    interval : Interval
        Stored arguments that can come, with ``fraction`` bits.
    argument, result : int
        Bits after the point of the argument as it is looked up, and of the result.
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
    cutter = Cutter(function, argument, result, limit)
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
