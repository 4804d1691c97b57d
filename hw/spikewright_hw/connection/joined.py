"""Joined connections: several of them to the same neurons, whose currents add up."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..checks import instance, settle
from .connection import Axis, Connection
from .feature_map import FeatureMap

__all__ = ["Joined"]


@dataclass(frozen=True, kw_only=True)
class Joined(Connection):
    """Two or more connections to the same neurons: what each adds, the neurons sum.

    The sources of the parts are numbered one part after the other, and so are their rows. Each part
    may hear another layer, or the same one later: :class:`~spikewright_hw.origin.Origin`.

    Parameters
    ----------
    parts : tuple of Connection
        At least two, with the same target and as many lanes; none of them is joined itself.

    Raises
    ------
    ValueError
        The parts do not come to the same neurons in the same words; the message names the part.
    """

    parts: tuple[Connection, ...]
    source: FeatureMap = field(init=False)

    def __post_init__(self):
        settle(self, parts=_parts)
        first = self.parts[0]
        for index, part in enumerate(self.parts[1:], 1):
            if (part.target, part.lanes) != (first.target, first.lanes):
                raise ValueError(
                    f"parts[{index}] comes to {_said(part)}, and parts[0] to {_said(first)}; what "
                    "is joined adds to the same neurons"
                )
        count = sum(len(part.source) for part in self.parts)
        try:
            object.__setattr__(self, "source", FeatureMap(channels=count))
        except ValueError as error:
            raise ValueError(f"parts have {count} sources in all: {error}") from error

    def __str__(self) -> str:
        return " plus ".join(map(str, self.parts))

    @property
    def branches(self) -> tuple[Connection, ...]:
        """The parts."""
        return self.parts

    @property
    def target(self) -> FeatureMap:
        """That of each part."""
        return self.parts[0].target

    @property
    def lanes(self) -> int:
        """Those of each part."""
        return self.parts[0].lanes

    @property
    def rows(self) -> int:
        """Those of all parts, one part after the other."""
        return sum(part.rows for part in self.parts)

    def _axes(self) -> tuple[Axis, Axis, Axis]:
        raise TypeError("the sources of joined connections have no axes in common; see each part")

    def taps(self, source: int) -> Iterator[tuple[int, int]]:
        """Yield those of the part that the source belongs to."""
        part, within, row = self._part(source)
        for at, word in part.taps(within):
            yield row + at, word

    def operations(self, source: int) -> int:
        """Return those of the part that the source belongs to."""
        part, within, _ = self._part(source)
        return part.operations(within)

    @cached_property
    def row_sets(self) -> tuple[tuple[int, ...], ...]:
        """Which rows reach the neurons of each word: those of all parts."""
        sets: list[tuple[int, ...]] = [()] * self.words
        first = 0
        for part in self.parts:
            for word, rows in enumerate(part.row_sets):
                sets[word] += tuple(first + row for row in rows)
            first += part.rows
        return tuple(sets)

    @cached_property
    def fans(self) -> tuple[tuple[int, ...], ...]:
        """Which rows reach the neurons of a word, all of them: each set that there is, once."""
        return tuple(sorted(set(self.row_sets)))

    @property
    def total_taps(self) -> int:
        """Taps of a step in which every source spikes."""
        return sum(part.total_taps for part in self.parts)

    def most_taps(self) -> int:
        """Return the most taps that an event of one source has."""
        return max(part.most_taps() for part in self.parts)

    def _part(self, source: int) -> tuple[Connection, int, int]:
        """Return the part of a source, which of its sources this is, and its first row."""
        row = 0
        for part in self.parts:
            if source < len(part.source):
                return part, source, row
            source -= len(part.source)
            row += part.rows
        raise IndexError(f"{source} sources too far")


def _parts(name: str, value: Any) -> tuple[Connection, ...]:
    if not isinstance(value, list | tuple) or len(value) < 2:
        raise ValueError(f"{name} must be a list of two connections or more")
    made = tuple(instance(Connection)(f"{name}[{at}]", part) for at, part in enumerate(value))
    for at, part in enumerate(made):
        if isinstance(part, Joined):
            raise ValueError(f"{name}[{at}] is joined itself; list its parts here")
    return made


def _said(part: Connection) -> str:
    return f"{part.target} neurons in words of {part.lanes}"
