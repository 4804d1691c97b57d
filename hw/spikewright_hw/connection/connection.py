"""What a connection is: which events add which weights to which neurons."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import NamedTuple

from .feature_map import FeatureMap

__all__ = ["Axis", "Connection", "Place", "sides"]


class Place(NamedTuple):
    """A step to a row of weights, and a step to the word of neurons that it is added to."""

    row: int
    word: int


#: For each coordinate along an axis of the sources, the places that an event there leads to.
Axis = tuple[tuple[Place, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Connection:
    """From the event of a source to rows of weights, and to the neurons that each is added to.

    A row has ``lanes`` weights, and neurons come in *words* of as many: row ``r`` on word ``w``
    adds weight ``l`` of ``r`` to neuron ``w * lanes + l``. A source is a coordinate on each of
    three axes, in the order in which the sources are numbered. Each axis leads to places, and what
    an event does is their product: one place of each axis, the sum of their rows, the sum of their
    words. So a kind of connection says three short lists, and from them follow the product in
    PyTorch, the integer references, the order in which the gateware reads rows, and the count of
    synaptic operations, ``lanes`` for each of the taps.

    A kind is a frozen dataclass that derives from this class and has its own ``source``,
    ``target``, ``lanes``, ``rows`` and ``_axes``; and ``_name``, where its class's name says too
    little.
    """

    source: FeatureMap

    def __str__(self) -> str:
        """Return what it is in a few words, such as ``dense from 2 × 3 × 4 to 10``."""
        return f"{self._name()} from {self.source} to {self.target}"

    @property
    def target(self) -> FeatureMap:
        """Shape of the neurons."""
        raise NotImplementedError

    @property
    def lanes(self) -> int:
        """Weights of a row, which are added at once."""
        raise NotImplementedError

    @property
    def rows(self) -> int:
        """Number of rows of weights."""
        raise NotImplementedError

    @property
    def reaches_all(self) -> bool:
        """Whether it is known to reach each neuron from each source, by a weight of its own."""
        return False

    def _axes(self) -> tuple[Axis, Axis, Axis]:
        """Return the axes y, x and channel."""
        raise NotImplementedError

    def _name(self) -> str:
        """Return its kind, and what does not follow from its source and its target."""
        return type(self).__name__.lower()

    @cached_property
    def axes(self) -> tuple[Axis, Axis, Axis]:
        """The axes in the order of the sources' numbers, the last counting fastest."""
        y, x, channel = self._axes()
        return self.source.ordered(y=y, x=x, channel=channel)

    @property
    def branches(self) -> "tuple[Connection, ...]":
        """The connections that this one is made of, in the order of their sources: itself alone."""
        return (self,)

    @property
    def words(self) -> int:
        """Words of neurons."""
        return len(self.target) // self.lanes

    def coordinates(self, source: int) -> tuple[int, int, int]:
        """Return where a source is on each of :attr:`axes`."""
        _, middle, last = map(len, self.axes)
        rest, third = divmod(source, last)
        return *divmod(rest, middle), third

    def taps(self, source: int) -> Iterator[tuple[int, int]]:
        """Yield what an event of a source does, as pairs of a row and a word: the definition."""
        places = (axis[at] for axis, at in zip(self.axes, self.coordinates(source), strict=True))
        for chosen in product(*places):
            yield sum(place.row for place in chosen), sum(place.word for place in chosen)

    def operations(self, source: int) -> int:
        """Return the synaptic operations of an event: how many weights it adds."""
        count = self.lanes
        for axis, at in zip(self.axes, self.coordinates(source), strict=True):
            count *= len(axis[at])
        return count

    @cached_property
    def fans(self) -> tuple[tuple[int, ...], ...]:
        """Which rows reach the neurons of a word, all of them: each set that there is, once.

        A row is named as often as there are sources from which it reaches the word.
        """
        axes = [_arrivals(axis) for axis in self.axes]
        sets = [sorted(set(found.values())) for found in axes]
        fans = {tuple(sorted(map(sum, product(*rows)))) for rows in product(*sets)}
        reached = 1
        for found in axes:
            reached *= len(found)
        return (*sorted(fans), *([()] if reached < self.words else []))

    @cached_property
    def row_sets(self) -> tuple[tuple[int, ...], ...]:
        """Which rows reach the neurons of each word, as :attr:`fans` has them."""
        sets: list[tuple[int, ...]] = [()] * self.words
        for arrivals in product(*(_arrivals(axis).items() for axis in self.axes)):
            word = sum(step for step, _ in arrivals)
            sets[word] = tuple(sorted(map(sum, product(*(rows for _, rows in arrivals)))))
        return tuple(sets)

    @property
    def fan_in(self) -> int:
        """The most pairs of a source and a row that reach one neuron."""
        return max(map(len, self.fans))

    @property
    def total_taps(self) -> int:
        """Taps of a step in which every source spikes."""
        return prod(sum(map(len, axis)) for axis in self.axes)

    def most_taps(self) -> int:
        """Return the most taps that an event of one source has."""
        first, second, third = (max(map(len, axis)) for axis in self.axes)
        return first * second * third


def sides(numbers: tuple[int, int]) -> str:
    """Return how a size along the height and along the width is written."""
    return " × ".join(map(str, numbers))


def _arrivals(axis: Axis) -> dict[int, tuple[int, ...]]:
    """Return the rows that lead along an axis to each step of a word."""
    found: dict[int, list[int]] = {}
    for places in axis:
        for place in places:
            found.setdefault(place.word, []).append(place.row)
    return {word: tuple(sorted(rows)) for word, rows in found.items()}
