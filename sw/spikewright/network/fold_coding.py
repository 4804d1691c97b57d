"""A coding's graded inputs taken into the first layer of a network that was trained on values."""

from dataclasses import replace

import numpy as np

from spikewright.coding.coding import Coding, Graded, coding_rule, input_bits
from spikewright.errors import DataError
from spikewright_hw.checks import instance
from spikewright_hw.layer_graph import bits_heard

from .product import connected
from .real_layer import RealLayer
from .real_network import RealNetwork

__all__ = ["fold_coding"]


def fold_coding(network: RealNetwork, coding: Coding) -> RealNetwork:
    """Return the network that takes what a coding makes, and gets the same currents from it.

    A network from elsewhere takes the values themselves. A graded input *g* stands for the value
    *low* + *step* *g*, so the current of a neuron is Σ *w* (*low* + *step* *g*): the weights times
    *step*, and *low* Σ *w* more of bias. Nothing but the rounding of the values to inputs differs
    then. For a coding that makes spikes, the network is returned as it is.

    Parameters
    ----------
    network : RealNetwork
    coding : Coding

    Returns
    -------
    RealNetwork
        With the ``input_bits`` of the coding.

    Raises
    ------
    DataError
        The inputs or steps of the coding are not those of the network; the network takes graded
        inputs of other bits already; or its first neurons take positive and negative currents
        apart, and an input of 0 stands for another value.
    ValueError
        An argument is of another kind.
    """
    instance(RealNetwork)("network", network)
    coding_rule("coding", coding)
    for name in ("inputs", "steps"):
        coded, taken = getattr(coding, name), getattr(network, name)
        if coded != taken:
            raise DataError(f"{coding.name} makes {coded} {name}, and the network takes {taken}")
    made, taken = input_bits(coding), network.input_bits
    if made == taken:
        return network
    if taken > 1 or not isinstance(coding, Graded):
        makes = "spikes" if made == 1 else f"graded inputs of {made} bits"
        raise DataError(
            f"{coding.name} makes {makes}, and the network takes graded inputs of {taken} bits"
        )
    bits = bits_heard([layer.origins for layer in network.layers], input_bits=coding.bits)
    return replace(network, layers=tuple(
        layer if one == 1 else _folded(f"layers[{index}]", replace(layer, input_bits=one), coding)
        for index, (layer, one) in enumerate(zip(network.layers, bits, strict=True))
    ))


def _folded(name: str, layer: RealLayer, coding: Graded) -> RealLayer:
    """Return a layer that hears graded inputs, in the place of the values that they stand for."""
    graded = [bits > 1 for bits in layer.part_bits]
    late = any(
        max(origin.each) for (_, origin), one in zip(layer.parts, graded, strict=True) if one
    )
    if coding.low != 0 and late:
        raise DataError(
            f"{name}.origins has a delay of the inputs, and an input of 0 stands for "
            f"{coding.low:g}; give values from 0 on"
        )
    bias = layer.bias
    if coding.low != 0:
        apart = [
            name for name, one in layer.definition.inputs.items()
            if one.source in ("excitatory", "inhibitory")
        ]
        if apart:
            raise DataError(
                f"{name} has {layer.definition.name} neurons, which take positive and negative "
                f"currents apart ({', '.join(apart)}), and an input of 0 stands for "
                f"{coding.low:g}; give values from 0 on"
            )
        sources = [len(part.source) for part, _ in layer.parts]
        least = np.repeat(np.where(graded, coding.low, 0.0), sources)
        lowest = connected(layer.connection, least, layer.weights)
        bias = lowest if bias is None else layer.of_neurons(bias) + lowest
    rows = [part.rows for part, _ in layer.parts]
    steps = np.repeat(np.where(graded, coding.step, 1.0), rows)
    return replace(layer, weights=layer.weights * steps[:, None], bias=bias)
