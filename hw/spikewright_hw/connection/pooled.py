"""Pooling on the way: sums of neighbours, and then another connection."""

from dataclasses import dataclass

from ..checks import instance, settle, wholes
from .connection import Axis, Connection, sides
from .feature_map import MOST_NEURONS, FeatureMap

__all__ = ["Pooled"]


@dataclass(frozen=True, kw_only=True)
class Pooled(Connection):
    """The sum over a window of each channel reaches another connection; no neuron lies between.

    An average is a sum with weights that are smaller by the size of the window.

    Parameters
    ----------
    source : FeatureMap
    window, stride : tuple of two int
        Along the height and along the width. A window at every stride fills the map exactly.
    then : Connection
        What the sums reach; its source is the map of the sums, :func:`pooled_map`.

    Raises
    ------
    ValueError
        A field is out of its range, the windows leave a remainder, or the other connection takes
        another map; the message begins with the field.
    """

    source: FeatureMap
    window: tuple[int, int]
    stride: tuple[int, int]
    then: Connection

    def __post_init__(self):
        settle(
            self,
            source=instance(FeatureMap),
            window=wholes(1, MOST_NEURONS),
            stride=wholes(1, MOST_NEURONS),
            then=instance(Connection),
        )
        made = pooled_map(self.source, window=self.window, stride=self.stride)
        if made != self.then.source:
            raise ValueError(
                f"then takes a map of {self.then.source}, and the windows of {self.source} come to "
                f"one of {made}"
                + " in another order" * (made.sides == self.then.source.sides)
            )

    @property
    def target(self) -> FeatureMap:
        """That of the other connection."""
        return self.then.target

    @property
    def lanes(self) -> int:
        """Those of the other connection."""
        return self.then.lanes

    @property
    def rows(self) -> int:
        """Those of the other connection."""
        return self.then.rows

    def _axes(self) -> tuple[Axis, Axis, Axis]:
        y, x, channel = self.then._axes()
        return self._windows(0, y), self._windows(1, x), channel

    def _name(self) -> str:
        stride = f" with stride {sides(self.stride)}" * (self.stride != self.window)
        return f"sum pooling {sides(self.window)}{stride} and {self.then._name()}"

    def _windows(self, side: int, then: Axis) -> Axis:
        """Return an axis of the sources: each leads to the places of all windows that it is in."""
        size = (self.source.height, self.source.width)[side]
        window, stride = self.window[side], self.stride[side]
        return tuple(
            tuple(
                place
                for at, places in enumerate(then)
                if at * stride <= source < at * stride + window
                for place in places
            )
            for source in range(size)
        )


def pooled_map(
    source: FeatureMap, *, window: tuple[int, int], stride: tuple[int, int]
) -> FeatureMap:
    """Return the map of the sums. Raises :exc:`ValueError` for windows that do not fit the map."""
    sides = []
    for name, size, length, step in zip(
        ("height", "width"), (source.height, source.width), window, stride, strict=True
    ):
        if length > size:
            raise ValueError(f"window is {length} along the {name}, and the map has {size} there")
        left = (size - length) % step
        if left:
            raise ValueError(
                f"window is {length} at every {step} along the {name}, which leaves a remainder of "
                f"{left} of {size}"
            )
        sides.append((size - length) // step + 1)
    return FeatureMap(
        channels=source.channels, height=sides[0], width=sides[1],
        channels_first=source.channels_first,
    )
