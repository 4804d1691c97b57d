"""The way from one layer's spikes to the currents of the next: what lies on it, made one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod
from typing import TypeVar

import numpy as np

from spikewright.errors import DataError
from spikewright.network.product import connected
from spikewright_hw.connection import FeatureMap
from spikewright_hw.connection.pooled import pooled_map

from .affine import Matrix, Scaling
from .kernel import Kernel, Sides, Window, summed
from .step import Delay, Flattening, Step, View, reach, sides_of

__all__ = ["Way"]

_Made = TypeVar("_Made")
_AXES = {1: "channels × length", 2: "channels × height × width"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Way:
    """What becomes of the values that leave a layer, up to some place before the next neurons.

    Delays come first, then pooled sums, then a factor for each of them, then one matrix or one
    convolution; after it, its weights take up every factor. Arrays are of the map's sides, channels
    first.

    Parameters
    ----------
    after : str
        What was passed last, for errors.
    view : View, optional
        Axes of the values here; None where nothing says them.
    source : FeatureMap, optional
        The neurons that the values come from, in the order of their numbers; None of the inputs.
    layer : int
        Number of the layer that the values come from; -1 of the inputs.
    started, sides : Sides
        The map where the way starts, and the map here. A flattened map still is one.
    windows : tuple of Window
    product : Matrix or Kernel, optional
    factor : array, or a number
        Of the sums; 1 where there is a product.
    shift : array, or a number
        What is added here.
    delays : array, or a number
        Of the values where the way starts, in steps.
    """

    after: str
    view: View | None
    source: FeatureMap | None = None
    layer: int = -1
    started: Sides = (1, 1, 1)
    sides: Sides = (1, 1, 1)
    windows: tuple[Window, ...] = ()
    product: Matrix | Kernel | None = None
    factor: np.ndarray | float = 1.0
    shift: np.ndarray | float = 0.0
    delays: np.ndarray | int = 0

    @classmethod
    def of_inputs(cls, view: View | None) -> "Way":
        """Return the start of a network."""
        sides = (1, 1, 1) if view is None else sides_of(view)
        return cls(after="the inputs", view=view, started=sides, sides=sides)

    @classmethod
    def of_neurons(
        cls, name: str, source: FeatureMap, view: View, *, layer: int, delays: int = 0
    ) -> "Way":
        """Return what leaves a layer, so many steps later."""
        return cls(
            after=name, view=view, source=source, layer=layer, started=source.sides,
            sides=source.sides, delays=delays,
        )

    @property
    def is_identity(self) -> bool:
        """Whether nothing was done."""
        return (
            self.product is None and not self.windows
            and bool(np.all(self.factor == 1)) and not np.any(self.shift)
            and not np.any(self.delays)
        )

    def then(self, step: Step, *, name: str) -> "Way":
        """Return the way with a step more.

        Raises
        ------
        DataError
            It does not fit what reaches it, or has no place in a layer; the sentence names it.
        """
        match step:
            case Scaling():
                made = self._scaled(step, name)
            case Matrix():
                made = self._multiplied(step, name)
            case Kernel():
                made = self._convolved(step, name)
            case Window():
                made = self._pooled(step, name)
            case Delay():
                made = self._delayed(step, name)
            case Flattening():
                made = self if self.view is None else replace(self, view=(prod(self.view),))
        return replace(made, after=name)

    def seen(self, view: View, *, name: str) -> "Way":
        """Return the way where its values are seen to have some axes."""
        if self.view is None:
            made = replace(self, view=view, started=sides_of(view), sides=sides_of(view))
            return replace(made, factor=made.each(self.factor, name=name),
                           shift=made.each(self.shift, name=name))
        if prod(view) != prod(self.view):
            raise self._misfit(name, view)
        return replace(self, view=view)

    def each(self, values: np.ndarray | float, *, name: str) -> np.ndarray:
        """Return a number for each value here, as the map's sides; of one, or by their axes."""
        assert self.view is not None
        given = np.asarray(values, np.float64)
        if given.size == prod(self.view) > 1:
            return given.reshape(self.sides)
        try:
            return np.broadcast_to(given, self.view).reshape(self.sides)
        except ValueError:
            of = " × ".join(map(str, given.shape))
            raise DataError(
                f"{name} has values for {of} neurons, and {reach(self.view)} from {self.after}"
            ) from None

    def _misfit(self, name: str, takes: View, of: str = "") -> DataError:
        assert self.view is not None
        what = of or (
            f"{takes[0]} values" if len(takes) == 1 else f"a map of {' × '.join(map(str, takes))}"
        )
        return DataError(f"{name} takes {what}, and {reach(self.view)} from {self.after}")

    def _scaled(self, step: Scaling, name: str) -> "Way":
        way = self
        if way.view is None:
            shape = np.broadcast_shapes(step.factor.shape, step.shift.shape)
            if not shape:
                return replace(way, factor=way.factor * step.factor,
                               shift=way.shift * step.factor + step.shift)
            way = way.seen(shape, name=name)
        assert way.view is not None
        step = step.of_axes(len(way.view))
        factor, shift = (way.each(one, name=name) for one in (step.factor, step.shift))
        made = replace(way, shift=way.shift * factor + shift)
        if isinstance(way.product, Matrix):
            matrix = Matrix(way.product.weights * factor.ravel(), way.product.bias)
            return replace(made, product=matrix)
        if isinstance(way.product, Kernel):
            return replace(made, product=way.product.scaled(1.0, way.of_channels(factor, name)))
        return replace(made, factor=way.factor * factor)

    def _multiplied(self, step: Matrix, name: str) -> "Way":
        inputs, outputs = step.weights.shape
        way = self if self.view is not None else self.seen((inputs,), name=name)
        if way.view != (inputs,):
            raise way._misfit(name, (inputs,))
        if isinstance(way.product, Kernel):
            raise way._second(name)
        factor, shift = (
            np.broadcast_to(one, way.sides).ravel() for one in (way.factor, way.shift)
        )
        weights = factor[:, None] * step.weights
        if way.product is not None:
            weights = way.product.weights @ step.weights
        return replace(
            way, view=(outputs,), sides=(outputs, 1, 1), product=Matrix.of(weights), factor=1.0,
            shift=(shift @ step.weights + step.bias).reshape(-1, 1, 1),
        )

    def _convolved(self, step: Kernel, name: str) -> "Way":
        way = self
        if way.view is None and step.expects is not None:
            way = way.seen((step.takes, *step.expects[2 - step.axes :]), name=name)
        way = way._on_map(step.axes, name)
        if way.sides[0] != step.takes or step.expects not in (None, way.sides[1:]):
            sides = step.expects or way.sides[1:]
            raise way._misfit(name, (step.takes, *sides[2 - step.axes :]))
        if way.product is not None:
            raise way._second(name)
        height, width = _fits(name, lambda: step.places(way.sides))
        made = step.scaled(way.of_channels(way.factor, name), 1.0)
        shift = np.zeros((len(made.weights), height, width))
        if np.any(way.shift):
            shift += _convolved(step, np.broadcast_to(way.shift, way.sides))
        bias = np.broadcast_to(step.bias, (len(made.weights),))[:, None, None]
        return replace(
            way, sides=shift.shape, view=(len(shift), *shift.shape[3 - step.axes :]), product=made,
            factor=1.0, shift=shift + bias,
        )

    def _pooled(self, step: Window, name: str) -> "Way":
        way = self._on_map(step.axes, name)
        try:
            window = step.fitted(way.sides)
        except DataError as error:
            raise DataError(f"{name} {error}") from error
        if isinstance(way.product, Matrix):
            raise way._second(name)
        channels, height, width = way.sides
        made = _fits(name, lambda: pooled_map(
            FeatureMap(channels=1, height=height, width=width), window=window.size,
            stride=window.stride,
        ), help="; take windows that fill the map")
        sides = channels, made.height, made.width
        factor = way.of_channels(way.factor, name)[:, None, None] * window.factor
        shift = window.factor * summed(np.broadcast_to(way.shift, way.sides), window)
        pooled = replace(way, sides=sides, view=(channels, *sides[3 - step.axes :]), shift=shift)
        if isinstance(way.product, Kernel):
            kernel = way.product.summed(window).scaled(1.0, window.factor)
            return replace(pooled, product=kernel)
        return replace(pooled, windows=(*way.windows, window), factor=factor)

    def _delayed(self, step: Delay, name: str) -> "Way":
        way = self if self.view is not None else self.seen(step.steps.shape, name=name)
        delays = way.each(step.steps, name=name)
        if (delays == delays.flat[0]).all():
            delays = int(delays.flat[0])
        elif way.product is not None or way.windows:
            raise DataError(
                f"{name} has different delays after weights or a pooling; spikes are delayed, so "
                "put it right after the neurons"
            )
        if np.any(way.shift):
            raise DataError(
                f"{name} delays a bias, too, which a layer adds from the first step on; put the "
                "delay before it"
            )
        return replace(way, delays=way.delays + delays)

    def _on_map(self, axes: int, name: str) -> "Way":
        """Return the way where the values have a map of so many axes besides its channels."""
        if self.view is None:
            raise DataError(
                f"{name} takes a map of {_AXES[axes]}, and nothing says which one reaches it; pass "
                "inputs=, the axes of the inputs"
            )
        if len(self.view) != axes + 1:
            raise self._misfit(name, (), of=f"a map of {_AXES[axes]}")
        sides = sides_of(self.view)
        if sides == self.sides:
            return self
        if self.source is None and not self.windows and self.product is None:
            factor, shift, delays = (
                np.broadcast_to(one, self.sides).reshape(sides)
                for one in (self.factor, self.shift, self.delays)
            )
            return replace(
                self, started=sides, sides=sides, factor=factor, shift=shift, delays=delays
            )
        raise DataError(
            f"{name} takes {' × '.join(map(str, self.sides))} neurons as "
            f"{reach(self.view).removesuffix(' reaches it')}; the inputs alone may get other axes"
        )

    def of_channels(self, values: np.ndarray | float, name: str) -> np.ndarray:
        """Return the factor of each channel, of what is one and the same at all its places."""
        full = np.broadcast_to(values, self.sides)
        if (full != full[:, :1, :1]).any():
            raise DataError(
                f"{name}: the places of a channel have different factors, and a convolution or a "
                "pooling has the same weights at each; give a factor for each channel"
            )
        return full[:, 0, 0]

    def _second(self, name: str) -> DataError:
        return DataError(
            f"{name} follows {self.after} without neurons in between; two maps of weights are "
            "made one only where both are matrices, so put neurons between them"
        )


def _convolved(kernel: Kernel, values: np.ndarray) -> np.ndarray:
    """Return what a kernel makes of a map, without its bias."""
    channels, height, width = values.shape
    source = FeatureMap(channels=channels, height=height, width=width, channels_first=True)
    connection = kernel.connection(source)
    made = connected(connection, values.ravel(), kernel.rows())
    return made.reshape(connection.target.height, connection.target.width, -1).transpose(2, 0, 1)


def _fits(name: str, make: Callable[[], _Made], *, help: str = "") -> _Made:
    try:
        return make()
    except ValueError as error:
        raise DataError(f"{name}: {error}{help}") from error
