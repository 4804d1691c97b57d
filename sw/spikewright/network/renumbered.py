"""The inputs of a network in the order in which a coding numbers them."""

from dataclasses import replace

import numpy as np

from spikewright_hw.connection import Connection, Dense, FeatureMap, Pooled

from .real_layer import RealLayer
from .real_network import RealNetwork

__all__ = ["renumbered"]


def renumbered(network: RealNetwork, inputs: FeatureMap) -> RealNetwork:
    """Return a network that takes its map of inputs in another order of their numbers.

    Parameters
    ----------
    network : RealNetwork
    inputs : FeatureMap
        Where no map of these sides is taken, the numbers stay as they are. What a dense layer takes
        has no place after that.
    """
    first = network.layers[0]
    source = first.connection.source
    made = first
    if not source.is_flat and source.sides == inputs.sides and source != inputs:
        made = _renumbered(first, inputs.channels_first)
    if isinstance(made.connection, Dense) and not source.is_flat:
        made = replace(made, connection=None)  # which follows from the weights
    return network if made is first else replace(network, layers=(made, *network.layers[1:]))


def _renumbered(layer: RealLayer, channels_first: bool) -> RealLayer:
    connection, weights = layer.connection, layer.weights
    last = connection
    while isinstance(last, Pooled):
        last = last.then
    if isinstance(last, Dense):  # the only one whose rows are in the order of the sources
        y, x, channel = last.source.height, last.source.width, last.source.channels
        places = np.arange(y * x * channel)
        if channels_first:
            places = places.reshape(y, x, channel).transpose(2, 0, 1)
        else:
            places = places.reshape(channel, y, x).transpose(1, 2, 0)
        weights = weights[places.ravel()]
    return replace(layer, connection=_ordered(connection, channels_first), weights=weights)


def _ordered(connection: Connection, channels_first: bool) -> Connection:
    """Return a connection whose sources are numbered in an order."""
    source = replace(connection.source, channels_first=channels_first)
    if isinstance(connection, Pooled):
        return replace(connection, source=source, then=_ordered(connection.then, channels_first))
    return replace(connection, source=source)
