"""A function's arguments, cut into segments on which a line or a parabola is near enough.

Segments are the widest intervals of ``2**shift`` arguments, starting at a multiple of their width,
on which a line or a parabola through the function's values at the ends (and in the middle) is near
enough. Where the function bends more they are narrower, so the error follows from the bits of the
result alone, and the number of segments from the error.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from .functions import defined, real_function

__all__ = ["Cutter", "Segment"]

#: Result bits up to which segments are lines.
LINES = 14
#: How far a line or a parabola may be from the function, in steps of the result.
_NEAR = 2.0
#: The interval between the points at which they are compared is the segment's over this.
_PROBES = 16
#: An interval's error between these points, over that at them.
_BETWEEN = 1.05
#: Arguments are cut from ± 2 to this power, or from the power of two that they lie within.
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


class Cutter:
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
        root = max(_ROOT, low.bit_length(), high.bit_length())
        waiting = [(0, root), (-(1 << root), root)]
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
