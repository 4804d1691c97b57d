"""Folded connection: a dense one whose neurons are reached word by word."""

from dataclasses import dataclass

from ..checks import instance, settle, whole
from .connection import Axis, Connection, Place
from .feature_map import MOST_NEURONS, FeatureMap

__all__ = ["Folded"]


@dataclass(frozen=True, kw_only=True)
class Folded(Connection):
    """A dense connection whose rows are cut into words: as many rows for each source, in order.

    An engine makes it of a dense layer, to read narrower rows from a memory; what it adds is the
    same, so network files have no such kind.

    Parameters
    ----------
    source : FeatureMap
        Sources of a height of 1, numbered along the width, the channels of a place one after the
        other.
    neurons : int
    per_word : int
        Neurons of a word, a divisor of ``neurons``.

    Raises
    ------
    ValueError
        A field is out of its range, or the words leave a remainder; the message begins with the
        field.
    """

    source: FeatureMap
    neurons: int
    per_word: int

    def __post_init__(self):
        settle(
            self, source=instance(FeatureMap), neurons=whole(1, MOST_NEURONS),
            per_word=whole(1, MOST_NEURONS),
        )
        if self.source.height > 1 or self.source.channels_first:
            raise ValueError(
                f"source is {self.source}; a folded connection takes channels along a width alone"
            )
        if self.neurons % self.per_word:
            raise ValueError(
                f"per_word is {self.per_word}; words of {self.neurons} neurons are of a divisor of "
                "these"
            )

    @property
    def target(self) -> FeatureMap:
        """Neurons without a place."""
        return FeatureMap(channels=self.neurons)

    @property
    def lanes(self) -> int:
        """The neurons of a word at once."""
        return self.per_word

    @property
    def rows(self) -> int:
        """One for each word of each source."""
        return len(self.source) * self.words

    @property
    def reaches_all(self) -> bool:
        """Each source reaches each neuron."""
        return True

    def _axes(self) -> tuple[Axis, Axis, Axis]:
        words, channels = self.words, self.source.channels
        every_word = tuple(Place(word, word) for word in range(words))
        return (
            (every_word,),
            tuple((Place(at * channels * words, 0),) for at in range(self.source.width)),
            tuple((Place(at * words, 0),) for at in range(channels)),
        )
