"""A coding's graded inputs taken into the first layer of a network that was trained on values."""

from dataclasses import replace

import numpy as np

from spikewright.coding.coding import Coding, Graded, coding_rule, input_bits
from spikewright.errors import DataError
from spikewright_hw.checks import instance

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
    first = _folded(network.layers[0], coding)
    return replace(network, layers=(first, *network.layers[1:]))


def _folded(layer: RealLayer, coding: Graded) -> RealLayer:
    if coding.low != 0 and not layer.is_plain:
        raise DataError(
            f"layers[0].origins has a delay, or more than the inputs, and an input of 0 stands for "
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
                f"layers[0] has {layer.definition.name} neurons, which take positive and negative "
                f"currents apart ({', '.join(apart)}), and an input of 0 stands for "
                f"{coding.low:g}; give values from 0 on"
            )
        lowest = connected(layer.connection, np.full(layer.inputs, coding.low), layer.weights)
        bias = lowest if bias is None else layer.of_neurons(bias) + lowest
    return replace(layer, weights=layer.weights * coding.step, bias=bias, input_bits=coding.bits)
