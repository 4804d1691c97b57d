"""Ways to neurons as a layer has them: a connection, rows of weights, biases in neurons' order."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

import numpy as np

from spikewright.errors import DataError
from spikewright_hw.connection import (
    Connection,
    Convolution,
    Dense,
    FeatureMap,
    Joined,
    Pooled,
)
from spikewright_hw.connection.pooled import pooled_map
from spikewright_hw.definition.definition import Value
from spikewright_hw.origin import Origin

from .affine import Matrix, Scaling
from .flow import alike
from .kernel import Kernel
from .way import Way

__all__ = ["Made", "joined", "numbered", "parameters_of", "recurrence"]


class Made(NamedTuple):
    """What a layer is made of besides its neurons."""

    connection: Connection
    weights: np.ndarray
    bias: np.ndarray | None
    origins: tuple[Origin, ...]


def numbered(shape: FeatureMap) -> np.ndarray:
    """Return where each neuron of a map is among its values, channels first, by its number."""
    places = np.arange(len(shape)).reshape(shape.sides)
    return places.ravel() if shape.channels_first else places.transpose(1, 2, 0).ravel()


class _Part(NamedTuple):
    connection: Connection
    weights: np.ndarray
    origin: Origin


def joined(
    ways: Sequence[Way], *, layer: int, bias: np.ndarray | float, name: str
) -> Made:
    """Return the connection and the weights of ways that end at neurons, and their biases.

    Parameters
    ----------
    ways : sequence of Way
        What they come to adds up.
    layer : int
        Number of the layer of the neurons.
    bias : array of the map's sides, or a number
        What is added besides what the ways add.
    name : str
        Of the neurons, for errors.

    Raises
    ------
    ValueError
        There are too many inputs or neurons.
    DataError
        No layer has what lies on a way, or joins the ways.
    """
    same = alike(ways, name=name)
    parts = _merged(sorted((_part(way, layer) for way in same), key=_nearest))
    first, *others = (part.connection for part in parts)
    return Made(
        Joined(parts=(first, *others)) if others else first,
        np.concatenate([part.weights for part in parts]),
        _biases(first.target, sum((way.shift for way in same), bias)),
        tuple(part.origin for part in parts),
    )


def _part(way: Way, layer: int) -> _Part:
    """Return a part of a connection, with its rows of weights and what it hears."""
    source = way.source or _inputs(way)
    maps = [source]
    for window in way.windows:
        maps.append(pooled_map(maps[-1], window=window.size, stride=window.stride))
    then, weights = _product(way, maps[-1])
    for before, window in zip(reversed(maps[:-1]), reversed(way.windows), strict=True):
        then = Pooled(source=before, window=window.size, stride=window.stride, then=then)
    delays = np.broadcast_to(way.delays, way.started).ravel()[numbered(source)]
    each = tuple(int(one) for one in delays)
    same = len(set(each)) == 1
    return _Part(
        then, weights, Origin(back=layer - way.layer, delays=each[0] if same else each)
    )


def _nearest(part: _Part) -> tuple[bool, int, int, tuple[int, ...], str]:
    """Return a key of parts by what they hear: the layer before first, the layer itself last."""
    origin = part.origin
    return origin.back == 0, origin.back, max(origin.each), origin.each, repr(part.connection)


def _merged(parts: Sequence[_Part]) -> list[_Part]:
    """Make one of parts that hear the same by the same connection: their weights add up."""
    made: dict[tuple[Connection, Origin], np.ndarray] = {}
    for part in parts:
        key = part.connection, part.origin
        made[key] = made[key] + part.weights if key in made else part.weights
    return [_Part(connection, weights, origin) for (connection, origin), weights in made.items()]


def _inputs(way: Way) -> FeatureMap:
    """Return the map of a network's inputs; those of a matrix have a place only in an image.

    In one of several channels, another order of its numbers is possible.
    """
    channels, height, width = way.started
    if isinstance(way.product, Matrix) and not way.windows and (channels == 1 or height == 1):
        return FeatureMap(channels=prod(way.started))
    return FeatureMap(
        channels=channels, height=height, width=width, channels_first=channels > 1
    )


def _product(way: Way, source: FeatureMap) -> tuple[Connection, np.ndarray]:
    """Return the connection from the pooled sums, and its weights."""
    if isinstance(way.product, Matrix):
        weights = way.product.weights[numbered(source)]
        return Dense(source=source, neurons=weights.shape[1]), weights
    if isinstance(way.product, Kernel):
        return way.product.connection(source), way.product.rows()
    factor = np.broadcast_to(way.factor, way.sides)
    if source.is_flat and not way.windows:
        return Dense(source=source, neurons=len(source)), np.diag(factor.ravel())
    of_channels = factor[:, :1, :1]
    if (factor != of_channels).any():
        raise DataError(
            f"{way.after}: the places of a channel have different factors, and the weights of a "
            "map are the same at each; give a factor for each channel"
        )
    one_to_one = Convolution(
        source=source, channels=source.channels, kernel=(1, 1), groups=source.channels
    )
    return one_to_one, of_channels.reshape(-1, 1)


def _biases(target: FeatureMap, values: np.ndarray | float) -> np.ndarray | None:
    """Return biases of channels, or of neurons in their order; None if all are 0."""
    full = np.broadcast_to(values, target.sides)
    if not full.any():
        return None
    if (full == full[:, :1, :1]).all():
        return full[:, 0, 0].copy()
    return full.ravel()[numbered(target)]


def parameters_of(
    target: FeatureMap, given: Mapping[str, np.ndarray]
) -> dict[str, Value]:
    """Return parameters of the map's sides as a layer has them: all of one kind.

    That is one number each, or some for each channel, or some for each neuron.
    """
    by_channel = all((one == one[:, :1, :1]).all() for one in given.values())
    found: dict[str, Value] = {}
    for name, one in given.items():
        if (one == one.flat[0]).all():
            found[name] = float(one.flat[0])
        elif by_channel:
            found[name] = tuple(one[:, 0, 0])
        else:
            found[name] = tuple(one.ravel()[numbered(target)])
    return found


def recurrence(target: FeatureMap, own: Matrix | Scaling, way: Way, *, name: str) -> np.ndarray:
    """Return the weights ``[before, after]`` by which a layer hears itself, in neurons' order.

    Raises
    ------
    DataError
        They are not of so many neurons.
    """
    order = numbered(target)
    if isinstance(own, Scaling):
        return np.diag(way.each(own.factor, name=name).ravel()[order])
    count = own.weights.shape[0]
    if own.weights.shape != (len(target), len(target)) or len(way.view or ()) != 1:
        raise DataError(
            f"{name} has recurrent weights for {count} neurons, and its neurons are "
            f"{' × '.join(map(str, way.view or ()))}"
        )
    return own.weights[np.ix_(order, order)]
