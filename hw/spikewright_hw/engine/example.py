"""Made-up networks to try an engine on: small and lively.

They are the same each time. Their weights are drawn evenly from the whole range; a threshold is the
largest weight, so neurons spike often, and a membrane a little wider than that saturates now and
then. Those of :mod:`.drawn_network` are drawn at random.
"""

import random
from collections.abc import Mapping, Sequence
from itertools import pairwise

from ..connection import Connection, Dense, FeatureMap
from ..definition.definition import Value
from ..fixed import Format
from ..layer import Layer, Rows
from ..layer_graph import bits_heard
from ..network import Network
from ..neuron import DEFINITIONS
from ..origin import Origin
from ..readout import SPIKING

__all__ = [
    "drawn_bias", "drawn_rows", "example_layer", "example_map_layer", "example_network",
]


def example_layer(
    *,
    inputs: int,
    neurons: int,
    neuron: str,
    weight_bits: int,
    membrane: Format,
    exponent: int = 0,
    parameters: Mapping[str, Value] | None = None,
    biased: bool = False,
    input_bits: int = 1,
    seed: int = 0,
) -> Layer:
    """Make a layer whose weights follow from the seed alone.

    Parameters
    ----------
    inputs, neurons : int
    neuron : str
        Name of a neuron definition; a recurrent one gets recurrent weights, too.
    weight_bits : int
        2 to 8.
    membrane : Format
        Format of the membrane.
    exponent : int
        One weight step is ``2**-exponent``.
    parameters : mapping of str to float or sequence of float, optional
        Of the neuron. Its ``threshold`` is the largest weight if it has one that is not given.
    biased : bool
        Whether each neuron has a bias, of up to two weight steps.
    input_bits : int
        Bits of each input; its ``threshold`` is that of the largest input times the largest weight.
    seed : int
        Seed of the standard library's generator.
    """
    return example_map_layer(
        connection=Dense(source=FeatureMap(channels=inputs), neurons=neurons),
        neuron=neuron,
        weight_bits=weight_bits,
        membrane=membrane,
        exponent=exponent,
        parameters=parameters,
        biased=biased,
        input_bits=input_bits,
        seed=seed,
    )


def example_map_layer(
    *,
    connection: Connection,
    neuron: str,
    weight_bits: int,
    membrane: Format,
    exponent: int = 0,
    parameters: Mapping[str, Value] | None = None,
    biased: bool = False,
    input_bits: int = 1,
    origins: tuple[Origin, ...] = (),
    seed: int = 0,
) -> Layer:
    """Make a layer of a connection whose weights follow from the seed alone.

    Parameters
    ----------
    connection : Connection
        What reaches what.
    neuron, weight_bits, membrane, exponent, parameters, input_bits, seed
        As for :func:`example_layer`.
    biased : bool
        Whether each channel of neurons has a bias, of up to two weight steps.
    origins : tuple of Origin
        What each part of the connection hears; the layer before if not given.
    """
    rng = random.Random(seed)
    bound = (1 << (weight_bits - 1)) - 1
    channels = connection.target.channels
    has_threshold = "threshold" in DEFINITIONS[neuron].parameters
    largest = bound * ((1 << input_bits) - 1)
    level = {"threshold": largest * 2.0**-exponent} if has_threshold else {}
    return Layer(
        weights=drawn_rows(rng, connection.rows, connection.lanes, bound),
        weight_bits=weight_bits,
        neuron=neuron,
        parameters=level | dict(parameters or {}),
        membrane=membrane,
        exponent=exponent,
        recurrent=(
            drawn_rows(rng, channels, channels, bound) if DEFINITIONS[neuron].hears_itself else None
        ),
        bias=drawn_bias(rng, channels, 2 << membrane.fraction - exponent) if biased else None,
        input_bits=input_bits,
        connection=connection,
        origins=origins,
    )


def example_network(
    *,
    sizes: Sequence[int] = (),
    connections: Sequence[Connection] = (),
    origins: Sequence[tuple[Origin, ...]] = (),
    steps: int,
    weight_bits: int,
    membrane: Format,
    neurons: Sequence[str] | None = None,
    exponent: int = 0,
    biased: bool = False,
    readout: str = "last",
    input_bits: int = 1,
    seed: int = 0,
) -> Network:
    """Make a network.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, hidden layers, outputs: of dense layers without a map.
    connections : sequence of Connection
        Those of the layers, instead of them.
    origins : sequence of tuple of Origin
        What each layer hears, as for :func:`example_map_layer`; the one before it if not given.
    steps : int
        Time steps of an inference.
    weight_bits, membrane, exponent, biased
        As for :func:`example_layer`, the same in all layers.
    readout : str
        One of :data:`~spikewright_hw.readout.READOUTS`.
    input_bits : int
        Bits of each input of the network.
    neurons : sequence of str, optional
        The neuron of each layer; LIF if not given, and LI for a readout of membranes.
    seed : int
        Seed of the first layer; the others take the numbers after it.
    """
    connections = connections or [
        Dense(source=FeatureMap(channels=before), neurons=count)
        for before, count in pairwise(sizes)
    ]
    origins = origins or [()] * len(connections)
    if neurons is None:
        hidden = ["lif"] * (len(connections) - 1)
        neurons = [*hidden, "lif" if readout in SPIKING else "li"]
    return Network(
        layers=tuple(
            example_map_layer(
                connection=connection,
                neuron=neuron,
                weight_bits=weight_bits,
                membrane=membrane,
                exponent=exponent,
                biased=biased,
                input_bits=bits,
                origins=heard,
                seed=seed + number,
            )
            for number, (connection, neuron, heard, bits) in enumerate(zip(
                connections, neurons, origins, bits_heard(origins, input_bits=input_bits),
                strict=True,
            ))
        ),
        steps=steps,
        readout=readout,
    )


def drawn_rows(rng: random.Random, count: int, neurons: int, bound: int) -> Rows:
    """Draw rows of weights evenly from a symmetric range."""
    return tuple(tuple(rng.randint(-bound, bound) for _ in range(neurons)) for _ in range(count))


def drawn_bias(rng: random.Random, neurons: int, bound: int) -> tuple[int, ...]:
    """Draw biases evenly from a symmetric range."""
    return tuple(rng.randint(-bound, bound) for _ in range(neurons))
