"""Dense connection: every source to every neuron."""

from dataclasses import dataclass

from ..checks import instance, settle, whole
from .connection import Axis, Connection, Place
from .feature_map import MOST_NEURONS, FeatureMap

__all__ = ["Dense"]


@dataclass(frozen=True, kw_only=True)
class Dense(Connection):
    """A row of weights for each source, a weight in it for each neuron.

    Parameters
    ----------
    source : FeatureMap
    neurons : int
    """

    source: FeatureMap
    neurons: int

    def __post_init__(self):
        settle(self, source=instance(FeatureMap), neurons=whole(1, MOST_NEURONS))

    @property
    def target(self) -> FeatureMap:
        """Neurons without a place."""
        return FeatureMap(channels=self.neurons)

    @property
    def lanes(self) -> int:
        """All neurons at once."""
        return self.neurons

    @property
    def rows(self) -> int:
        """One for each source."""
        return len(self.source)

    @property
    def reaches_all(self) -> bool:
        """Each source reaches each neuron."""
        return True

    def _axes(self) -> tuple[Axis, Axis, Axis]:
        source = self.source
        if source.channels_first:
            y, x, channel = source.width, 1, source.height * source.width
        else:
            y, x, channel = source.width * source.channels, source.channels, 1
        return (
            _every(source.height, y), _every(source.width, x), _every(source.channels, channel)
        )


def _every(count: int, stride: int) -> Axis:
    return tuple((Place(at * stride, 0),) for at in range(count))
