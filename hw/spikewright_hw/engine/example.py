"""Made-up networks to try an engine on: small, lively, and the same each time.

Weights are drawn evenly from their whole range. A threshold is the largest weight, so neurons spike
often, and a membrane a little wider than that saturates now and then.
"""

import random
from itertools import pairwise

from ..fixed import Format
from ..network import Layer, Network
from ..neuron import DEFINITIONS

__all__ = ["example_layer", "example_network"]


def example_layer(
    *, inputs: int, neurons: int, neuron: str, weight_bits: int, membrane: Format, seed: int = 0,
) -> Layer:
    """Make a layer whose weights follow from the seed alone.

    Parameters
    ----------
    inputs, neurons : int
    neuron : str
        Name of a neuron definition; its ``leak`` is 2, its ``threshold`` the largest weight.
    weight_bits : int
        2 to 8.
    membrane : Format
        Format of the membrane.
    seed : int
        Seed of the standard library's generator.
    """
    random_ = random.Random(seed)
    bound = (1 << (weight_bits - 1)) - 1
    definition = DEFINITIONS[neuron]
    chosen = {"leak": 2, "threshold": membrane.quantize(bound)}
    known = {name: value for name, value in chosen.items() if name in definition.parameters}
    return Layer(
        weights=tuple(
            tuple(random_.randint(-bound, bound) for _ in range(neurons)) for _ in range(inputs)
        ),
        weight_bits=weight_bits,
        neuron=neuron,
        parameters=definition.defaults(membrane) | known,
        membrane=membrane,
    )


def example_network(
    *, sizes: tuple[int, ...], steps: int, weight_bits: int, membrane: Format, seed: int = 0
) -> Network:
    """Make a network of LIF layers with an LI readout.

    Parameters
    ----------
    sizes : tuple of int
        Inputs, hidden layers, outputs.
    steps : int
        Time steps of an inference.
    weight_bits, membrane
        As for :func:`example_layer`, the same in all layers.
    seed : int
        Seed of the first layer; the others take the numbers behind it.
    """
    last = len(sizes) - 2
    return Network(
        layers=tuple(
            example_layer(
                inputs=inputs,
                neurons=neurons,
                neuron="li" if number == last else "lif",
                weight_bits=weight_bits,
                membrane=membrane,
                seed=seed + number,
            )
            for number, (inputs, neurons) in enumerate(pairwise(sizes))
        ),
        steps=steps,
    )
