"""Folding: dense layers whose rows of weights are read word by word."""

from collections.abc import Sequence
from dataclasses import replace

from ..connection import FeatureMap, Folded
from ..layer import Layer
from ..network import Network
from .each_layer import lanes_of

__all__ = ["folded_network"]


def folded_network(network: Network, fold: int | Sequence[int] | None) -> Network:
    """Return a network of the same layers, of which those that are wider than ``fold`` are folded.

    ``fold`` is as for :func:`~.each_layer.lanes_of`. It computes the same, neuron by neuron. The
    inputs of a first layer that is folded come in words of no more bits than it has lanes.
    """
    layers = [
        _folded(layer, lanes, first=number == 0) if lanes < layer.connection.lanes else layer
        for number, (layer, lanes) in enumerate(
            zip(network.layers, lanes_of(network, fold), strict=True)
        )
    ]
    return replace(network, layers=tuple(layers))


def _folded(layer: Layer, lanes: int, *, first: bool) -> Layer:
    source = FeatureMap(channels=layer.inputs)
    if first:
        bits = max(one for one in range(1, lanes + 1) if layer.inputs % one == 0)
        source = FeatureMap(channels=bits, width=layer.inputs // bits)
    words = range(0, layer.neurons, lanes)
    return replace(
        layer,
        weights=tuple(row[at : at + lanes] for row in layer.weights for at in words),
        connection=Folded(source=source, neurons=layer.neurons, per_word=lanes),
    )
