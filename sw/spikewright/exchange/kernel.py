"""Convolutions and pooling of frameworks, and their kernels as rows of weights."""

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from spikewright.errors import DataError
from spikewright_hw.connection import Convolution, FeatureMap

__all__ = ["Kernel", "Sides", "Window", "kernel_of", "same_padding", "summed"]

#: Channels, height and width of a map. Of one dimension the height is 1.
Sides = tuple[int, int, int]


@dataclass(frozen=True, kw_only=True, eq=False)
class Kernel:
    """A convolution as PyTorch has it, with zeros around the map.

    Parameters
    ----------
    weights : float64 array ``[channels, channels of a group before, height, width]``
    bias : float64 array ``[channels]``, or a number
    axes : int
        Axes that the framework's map has besides its channels: 1 or 2.
    stride, padding, dilation : tuple of two int
        Along the height and along the width.
    groups : int
    expects : tuple of two int, optional
        Height and width of the map that it takes, where it says so.
    """

    weights: np.ndarray
    bias: np.ndarray
    axes: int
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1
    expects: tuple[int, int] | None = None

    @property
    def takes(self) -> int:
        """Channels of the map before."""
        return self.weights.shape[1] * self.groups

    def connection(self, source: FeatureMap, *, channels: int | None = None) -> Convolution:
        """Return the connection from a map. Raises :exc:`ValueError` if it does not fit."""
        height, width = self.weights.shape[2:]
        return Convolution(
            source=source, channels=channels or len(self.weights), kernel=(height, width),
            stride=self.stride, padding=self.padding, dilation=self.dilation, groups=self.groups,
        )

    def places(self, sides: Sides) -> tuple[int, int]:
        """Return the height and the width that a map comes to, however many channels there are."""
        channels, height, width = sides
        source = FeatureMap(channels=channels, height=height, width=width)
        made = self.connection(source, channels=self.groups).target
        return made.height, made.width

    def rows(self) -> np.ndarray:
        """Return the weights ``[rows, lanes]`` of its connection."""
        channels, of_group, height, width = self.weights.shape
        lanes = channels // self.groups
        split = self.weights.reshape(self.groups, lanes, of_group, height, width)
        return split.transpose(3, 4, 0, 2, 1).reshape(-1, lanes)

    def scaled(self, before: np.ndarray | float, after: np.ndarray | float) -> "Kernel":
        """Return it with a factor for each channel before it, and one for each after it."""
        channels = np.arange(len(self.weights)) * self.groups // len(self.weights)
        of_group = self.weights.shape[1]
        taken = channels[:, None] * of_group + np.arange(of_group)
        factors = np.broadcast_to(before, (self.takes,))[taken] * np.broadcast_to(
            after, (len(self.weights),)
        )[:, None]
        return replace(self, weights=self.weights * factors[:, :, None, None])

    def of_groups(self, groups: int) -> "Kernel":
        """Return the same in fewer groups, which divide its own; what is new is 0."""
        count, of_group, height, width = self.weights.shape
        wide = np.zeros((count, self.takes // groups, height, width))
        for channel, weights in enumerate(self.weights):
            first = channel * self.groups // count * of_group % wide.shape[1]
            wide[channel, first : first + of_group] = weights
        return replace(self, weights=wide, groups=groups)

    def summed(self, window: "Window") -> "Kernel":
        """Return the one that comes to the sums over windows of what this one comes to."""
        shape = [
            (of_window - 1) * stride + (of_kernel - 1) * dilation + 1
            for of_window, of_kernel, stride, dilation in zip(
                window.size, self.weights.shape[2:], self.stride, self.dilation, strict=True
            )
        ]
        sums = np.zeros((*self.weights.shape[:2], *shape))
        for at in product(*map(range, window.size)):
            y, x = (
                slice(k * stride, k * stride + (length - 1) * dilation + 1, dilation)
                for k, stride, length, dilation in zip(
                    at, self.stride, self.weights.shape[2:], self.dilation, strict=True
                )
            )
            sums[:, :, y, x] += self.weights
        stride = self.stride[0] * window.stride[0], self.stride[1] * window.stride[1]
        return replace(self, weights=sums, stride=stride, dilation=(1, 1))


def kernel_of(connection: Convolution, rows: np.ndarray) -> np.ndarray:
    """Return rows of weights as the kernel ``[channels, of a group before, height, width]``."""
    height, width = connection.kernel
    of_group = connection.source.channels // connection.groups
    split = rows.reshape(height, width, connection.groups, of_group, connection.lanes)
    return split.transpose(2, 4, 3, 0, 1).reshape(connection.channels, of_group, height, width)


def same_padding(lengths: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[int, ...]:
    """Return the padding with which a map keeps its size.

    Raises
    ------
    DataError
        It is not the same at both ends.
    """
    for length, step in zip(lengths, dilation, strict=True):
        if (length - 1) * step % 2:
            raise DataError(
                f"has padding 'same' for a kernel of {length}, which is one more at one end of "
                "the map than at the other; take an odd kernel, or padding of a number"
            )
    return tuple((length - 1) * step // 2 for length, step in zip(lengths, dilation, strict=True))


@dataclass(frozen=True, kw_only=True)
class Window:
    """Pooling: the sum over windows of each channel, times a factor.

    Parameters
    ----------
    size, stride : tuple of two int
        Along the height and along the width.
    factor : float
        1 of a sum; of an average, one by the size.
    axes : int
        As of a :class:`Kernel`.
    to : tuple of two int, optional
        Height and width that an average comes to, whatever the map; size, stride and factor follow.
    """

    size: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    factor: float = 1.0
    axes: int = 2
    to: tuple[int, int] | None = None

    def fitted(self, sides: Sides) -> "Window":
        """Return it for a map, where it is said by what it comes to.

        Raises
        ------
        DataError
            The map is no multiple of that.
        """
        if self.to is None:
            return self
        _, *lengths = sides
        for name, length, made in zip(("height", "width"), lengths, self.to, strict=True):
            if length % made:
                raise DataError(
                    f"comes to {made} along the {name} of a map of {length}, which is no multiple "
                    "of it, so its windows overlap unevenly"
                )
        size = lengths[0] // self.to[0], lengths[1] // self.to[1]
        return Window(size=size, stride=size, factor=1 / (size[0] * size[1]), axes=self.axes)


def summed(values: np.ndarray, window: Window) -> np.ndarray:
    """Return the sums over windows of a map ``[channels, height, width]`` that they fill."""
    counts = [
        (length - size) // stride + 1
        for length, size, stride in zip(values.shape[1:], window.size, window.stride, strict=True)
    ]
    total = np.zeros((len(values), *counts))
    for dy, dx in product(*map(range, window.size)):
        total += values[
            :, dy : dy + (counts[0] - 1) * window.stride[0] + 1 : window.stride[0],
            dx : dx + (counts[1] - 1) * window.stride[1] + 1 : window.stride[1],
        ]
    return total
