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
        Where no map of these sides is taken, the network is returned as it is.
    """
    first = network.layers[0]
    source = first.connection.source
    if source.is_flat or source.sides != inputs.sides or source == inputs:
        return network
    layer = _first(first, inputs.channels_first)
    return replace(network, layers=(layer, *network.layers[1:]))


def _first(layer: RealLayer, channels_first: bool) -> RealLayer:
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
