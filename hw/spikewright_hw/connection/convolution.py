"""Convolution in one and two dimensions, with stride, padding, dilation and groups."""

from dataclasses import dataclass
from functools import cached_property

from ..checks import instance, settle, whole, wholes
from .connection import Axis, Connection, Place, sides
from .feature_map import MOST_NEURONS, FeatureMap

__all__ = ["Convolution"]


@dataclass(frozen=True, kw_only=True)
class Convolution(Connection):
    """A kernel of weights at each place of the target; the target is numbered channels last.

    As PyTorch's ``Conv2d``: the neuron of channel ``o`` at ``(oy, ox)`` sums, over ``ky``, ``kx``
    and the channels ``c`` of its group, the weight times the source ``c`` at ``(oy * stride[0] + ky
    * dilation[0] - padding[0], ox * stride[1] + ...)``, where there is such a place. One dimension
    is a height of 1.

    The row of a weight is ``(ky * kernel[1] + kx) * source.channels + c``, its lane ``o`` within
    its group.

    Parameters
    ----------
    source : FeatureMap
    channels : int
        Channels of the target.
    kernel, stride, padding, dilation : tuple of two int
        Along the height and along the width.
    groups : int
        Divides both the channels of the source and of the target; as many as the source has
        channels make a depthwise convolution.

    Raises
    ------
    ValueError
        A field is out of its range, the kernel is larger than its map, or the groups do not divide
        the channels; the message begins with the field.
    """

    source: FeatureMap
    channels: int
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1

    def __post_init__(self):
        settle(
            self,
            source=instance(FeatureMap),
            channels=whole(1, MOST_NEURONS),
            kernel=wholes(1, MOST_NEURONS),
            stride=wholes(1, MOST_NEURONS),
            padding=wholes(0, MOST_NEURONS),
            dilation=wholes(1, MOST_NEURONS),
            groups=whole(1, MOST_NEURONS),
        )
        for name in ("kernel", "stride", "padding", "dilation"):
            if len(getattr(self, name)) != 2:
                raise ValueError(
                    f"{name} has {len(getattr(self, name))} numbers; it has two, along the height "
                    "and along the width"
                )
        for what, channels in (("source", self.source.channels), ("target", self.channels)):
            if channels % self.groups:
                raise ValueError(
                    f"groups is {self.groups}, which does not divide the {channels} channels of "
                    f"the {what}"
                )
        for side, size in enumerate((self.source.height, self.source.width)):
            if self._places(side) < 1:
                reach = (self.kernel[side] - 1) * self.dilation[side] + 1
                padded = f" and padding of {self.padding[side]} at both ends" * (
                    self.padding[side] > 0
                )
                raise ValueError(
                    f"kernel reaches over {reach} along the {('height', 'width')[side]}, and the "
                    f"map has {size} there{padded}"
                )
        self._target  # noqa: B018  (made here, and kept)

    def _places(self, side: int) -> int:
        """Return how many places the target has along a side."""
        size = (self.source.height, self.source.width)[side]
        reach = (self.kernel[side] - 1) * self.dilation[side] + 1
        return (size + 2 * self.padding[side] - reach) // self.stride[side] + 1

    @property
    def target(self) -> FeatureMap:
        """The map that the kernel comes to."""
        return self._target

    @cached_property
    def _target(self) -> FeatureMap:
        return FeatureMap(channels=self.channels, height=self._places(0), width=self._places(1))

    @property
    def lanes(self) -> int:
        """The target's channels of a group."""
        return self.channels // self.groups

    @property
    def rows(self) -> int:
        """One for each channel of the source at each place of the kernel."""
        return self.kernel[0] * self.kernel[1] * self.source.channels

    def _axes(self) -> tuple[Axis, Axis, Axis]:
        of_group = self.source.channels // self.groups
        step = self.source.channels
        return (
            self._side(0, row=self.kernel[1] * step, word=self.target.width * self.groups),
            self._side(1, row=step, word=self.groups),
            tuple((Place(c, c // of_group),) for c in range(step)),
        )

    def _name(self) -> str:
        depthwise = 1 < self.groups == self.source.channels == self.channels
        options = [
            f"{name} {sides(value)}"
            for name, value, usual in (
                ("stride", self.stride, 1), ("padding", self.padding, 0),
                ("dilation", self.dilation, 1),
            )
            if value != (usual, usual)
        ]
        options += [f"{self.groups} groups"] * (self.groups > 1 and not depthwise)
        with_options = f" with {' and '.join(options)}" * bool(options)
        return f"{'depthwise ' * depthwise}convolution {sides(self.kernel)}{with_options}"

    def _side(self, side: int, *, row: int, word: int) -> Axis:
        """Return an axis: ``row`` and ``word`` are what a step of kernel and target comes to."""
        size = (self.source.height, self.source.width)[side]
        places: list[list[Place]] = [[] for _ in range(size)]
        for out in range(self._places(side)):
            for k in range(self.kernel[side]):
                at = out * self.stride[side] + k * self.dilation[side] - self.padding[side]
                if 0 <= at < size:
                    places[at].append(Place(k * row, out * word))
        return tuple(map(tuple, places))
