"""The inputs of a network in the order in which a coding numbers them."""

from dataclasses import replace

import numpy as np

from spikewright_hw.connection import Connection, Dense, FeatureMap, Joined, Pooled
from spikewright_hw.layer_graph import inputs_of
from spikewright_hw.origin import Origin

from .real_layer import RealLayer
from .real_network import RealNetwork

__all__ = ["renumbered"]


def renumbered(network: RealNetwork, inputs: FeatureMap) -> RealNetwork:
    """Return a network that takes its map of inputs in another order of their numbers.

    Parameters
    ----------
    network : RealNetwork
    inputs : FeatureMap
        Where no map of these sides is taken, the numbers stay as they are. What a dense first layer
        takes has no place after that.
    """
    taken, layers = inputs_of(network.layers), network.layers
    if not taken.is_flat and taken.sides == inputs.sides and taken != inputs:
        layers = tuple(
            _renumbered(layer, index, inputs.channels_first) for index, layer in enumerate(layers)
        )
    first, *others = layers
    if isinstance(first.connection, Dense) and not taken.is_flat:
        first = replace(first, connection=None)  # which follows from the weights
    if first is network.layers[0]:
        return network
    return replace(network, layers=(first, *others))


def _renumbered(layer: RealLayer, index: int, channels_first: bool) -> RealLayer:
    """Return a layer, the ``index``-th, whose parts that hear the inputs take them in an order."""
    if not any(origin.back == index + 1 for _, origin in layer.parts):
        return layer
    parts, rows, origins, at = [], [], [], 0
    for part, origin in layer.parts:
        weights = layer.weights[at : at + part.rows]
        at += part.rows
        if origin.back == index + 1 and not part.source.is_flat:
            part, weights, origin = _part(part, weights, origin, channels_first)
        parts.append(part)
        rows.append(weights)
        origins.append(origin)
    return replace(
        layer, connection=parts[0] if len(parts) == 1 else Joined(parts=tuple(parts)),
        weights=np.concatenate(rows), origins=tuple(origins),
    )


def _part(
    connection: Connection, weights: np.ndarray, origin: Origin, channels_first: bool
) -> tuple[Connection, np.ndarray, Origin]:
    last = connection
    while isinstance(last, Pooled):
        last = last.then
    if isinstance(last, Dense):  # the only one whose rows are in the order of the sources
        weights = weights[_order(last.source, channels_first)]
    if len(origin.each) > 1:
        each = np.array(origin.each)[_order(connection.source, channels_first)]
        origin = replace(origin, delays=tuple(map(int, each)))
    return _ordered(connection, channels_first), weights, origin


def _order(source: FeatureMap, channels_first: bool) -> np.ndarray:
    """Return the numbers of a map's sources until now, in the order of those from now on."""
    numbers = np.arange(len(source))
    if source.channels_first == channels_first:
        return numbers
    y, x, channel = source.height, source.width, source.channels
    if channels_first:
        return numbers.reshape(y, x, channel).transpose(2, 0, 1).ravel()
    return numbers.reshape(channel, y, x).transpose(1, 2, 0).ravel()


def _ordered(connection: Connection, channels_first: bool) -> Connection:
    """Return a connection whose sources are numbered in an order."""
    source = replace(connection.source, channels_first=channels_first)
    if isinstance(connection, Pooled):
        return replace(connection, source=source, then=_ordered(connection.then, channels_first))
    return replace(connection, source=source)
