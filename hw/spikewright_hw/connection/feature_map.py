"""Shape of a population of neurons, or of inputs: channels of a height and a width."""

from dataclasses import dataclass
from typing import TypeVar

from ..checks import flag, settle, whole

__all__ = ["MOST_NEURONS", "FeatureMap", "check_joined"]

#: Most inputs, and most neurons, of a layer: what two bytes on the link count to.
MOST_NEURONS = 65_535

_One = TypeVar("_One")


@dataclass(frozen=True, kw_only=True)
class FeatureMap:
    """Neurons, or inputs, in channels of a height and a width.

    They are numbered row by row, the channels of a place one after the other: neuron
    ``(y * width + x) * channels + c`` is channel ``c`` at the place ``(y, x)``. Inputs may be
    numbered channel by channel, as PyTorch flattens them: ``(c * height + y) * width + x``. What
    has no place, such as a dense layer, is channels of height and width 1.

    Parameters
    ----------
    channels, height, width : int, at least 1
    channels_first : bool
        Whether the numbers go channel by channel.

    Raises
    ------
    ValueError
        A field is out of its range, or there are more than 65,535 of them.
    """

    channels: int
    height: int = 1
    width: int = 1
    channels_first: bool = False

    def __post_init__(self):
        sides = dict.fromkeys(("channels", "height", "width"), whole(1, MOST_NEURONS))
        settle(self, **sides, channels_first=flag)
        if self.is_flat:  # both orders are the same
            object.__setattr__(self, "channels_first", False)
        if len(self) > MOST_NEURONS:
            raise ValueError(
                f"channels, height and width are {self}, {len(self)} in all; a layer has at most "
                f"{MOST_NEURONS} inputs or neurons"
            )

    def __len__(self) -> int:
        """Return how many neurons, or inputs, there are."""
        return self.channels * self.height * self.width

    def __str__(self) -> str:
        if self.is_flat:
            return str(self.channels)
        order = " (channels first)" * self.channels_first
        return f"{self.channels} × {self.height} × {self.width}{order}"

    @property
    def is_flat(self) -> bool:
        """Whether there is one place alone."""
        return self.height == self.width == 1

    @property
    def sides(self) -> tuple[int, int, int]:
        """Channels, height and width: the same for maps that are numbered in different orders."""
        return self.channels, self.height, self.width

    def ordered(self, *, y: _One, x: _One, channel: _One) -> tuple[_One, _One, _One]:
        """Return something of each axis in the order of the numbers, the last counting fastest."""
        return (channel, y, x) if self.channels_first else (y, x, channel)


def check_joined(index: int, *, taken: FeatureMap, made: FeatureMap) -> None:
    """Raise :exc:`ValueError` unless a layer takes what the one before it comes to.

    Inputs without a place take the neurons of any map by their numbers. ``index`` is the layer's.
    """
    if len(taken) != len(made):
        what = "weights has" if taken.is_flat else "connection takes a map of"
        raise ValueError(
            f"layers[{index}].{what} {taken} inputs, but layers[{index - 1}] has {made} neurons"
        )
    if not taken.is_flat and taken != made:
        other = "it in another order" if taken.sides == made.sides else f"a map of {made}"
        raise ValueError(
            f"layers[{index}].connection takes a map of {taken}, but layers[{index - 1}] has "
            f"{other}"
        )
