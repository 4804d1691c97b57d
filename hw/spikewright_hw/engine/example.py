"""Made-up networks to try an engine on: small and lively.

*Examples* are the same each time. Their weights are drawn evenly from the whole range; a threshold
is the largest weight, so neurons spike often, and a membrane a little wider than that saturates now
and then. *Drawn* ones have everything drawn that a network can have: any neuron, its parameters
(also one for each neuron of the layer), biases, formats, rounding, saturation and readout.
"""

import random
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from ..connection import Connection, Dense, FeatureMap
from ..definition.definition import Parameter, Value
from ..fixed import Format
from ..layer import Layer, NetworkError, Rows
from ..network import Network
from ..neuron import DEFINITIONS
from ..readout import READOUTS, SPIKING
from .drawn_connection import drawn_connection, drawn_map

__all__ = [
    "drawn_layer", "drawn_layer_of", "drawn_map_network", "drawn_network", "example_layer",
    "example_map_layer", "example_network",
]


#: Times that a layer is drawn, before it is given up.
_TRIES = 1000


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
    """
    rng = random.Random(seed)
    bound = (1 << (weight_bits - 1)) - 1
    channels = connection.target.channels
    has_threshold = "threshold" in DEFINITIONS[neuron].parameters
    largest = bound * ((1 << input_bits) - 1)
    level = {"threshold": largest * 2.0**-exponent} if has_threshold else {}
    return Layer(
        weights=_rows(rng, connection.rows, connection.lanes, bound),
        weight_bits=weight_bits,
        neuron=neuron,
        parameters=level | dict(parameters or {}),
        membrane=membrane,
        exponent=exponent,
        recurrent=_rows(rng, channels, channels, bound) if _hears_itself(neuron) else None,
        bias=_bias(rng, channels, 2 << membrane.fraction - exponent) if biased else None,
        input_bits=input_bits,
        connection=connection,
    )


def example_network(
    *,
    sizes: Sequence[int] = (),
    connections: Sequence[Connection] = (),
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
    steps : int
        Time steps of an inference.
    weight_bits, membrane, exponent, biased
        As for :func:`example_layer`, the same in all layers.
    readout : str
        One of :data:`~spikewright_hw.readout.READOUTS`.
    input_bits : int
        Bits of each input of the first layer.
    neurons : sequence of str, optional
        The neuron of each layer; LIF if not given, and LI for a readout of membranes.
    seed : int
        Seed of the first layer; the others take the numbers after it.
    """
    connections = connections or [
        Dense(source=FeatureMap(channels=before), neurons=count)
        for before, count in pairwise(sizes)
    ]
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
                input_bits=1 if number else input_bits,
                seed=seed + number,
            )
            for number, (connection, neuron) in enumerate(
                zip(connections, neurons, strict=True)
            )
        ),
        steps=steps,
        readout=readout,
    )


def drawn_layer(
    rng: random.Random, *, inputs: int, neurons: int, neuron: str, input_bits: int = 1
) -> Layer:
    """Draw a dense layer with neurons of a kind; those that cannot be built are drawn again."""
    dense = Dense(source=FeatureMap(channels=inputs), neurons=neurons)
    return drawn_layer_of(rng, dense, neuron=neuron, input_bits=input_bits)


def drawn_layer_of(
    rng: random.Random, connection: Connection, *, neuron: str, input_bits: int = 1
) -> Layer:
    """Draw a layer with a connection; those that cannot be built are drawn again."""
    neurons, refused = len(connection.target), None
    for _ in range(_TRIES):
        bits = rng.randint(2, 8)
        bound = (1 << (bits - 1)) - 1
        membrane = Format(rng.randint(2, 8), rng.randint(0, 6))
        fields: dict[str, Any] = {
            "weights": _rows(rng, connection.rows, connection.lanes, bound),
            "connection": connection,
            "weight_bits": bits,
            "neuron": neuron,
            "parameters": {
                name: _drawn_value(rng, parameter, _count(rng, connection))
                for name, parameter in DEFINITIONS[neuron].parameters.items()
            },
            "membrane": membrane,
            "exponent": rng.randint(0, membrane.fraction),
            "rounding": rng.choice(("half_up", "floor")),
            "saturation": rng.choice(("full", "symmetric", "positive")),
            "recurrent": _rows(rng, neurons, neurons, bound) if _hears_itself(neuron) else None,
            "bias": (
                _bias(rng, _count(rng, connection), membrane.max) if rng.randrange(2) else None
            ),
            "input_bits": input_bits,
        }
        try:
            return Layer(**fields)
        except NetworkError as error:
            refused = error
    raise ValueError(f"no layer of {neuron} with {connection} was found: {refused}")


def drawn_network(
    rng: random.Random, *, largest: int = 6, graded: bool = False
) -> Network:
    """Draw a network of up to three layers of up to ``largest`` neurons, and up to five steps.

    With ``graded``, every other one takes graded inputs, of up to four bits.
    """
    sizes = [rng.randint(1, largest) for _ in range(rng.randint(2, 4))]
    hidden = [name for name, definition in DEFINITIONS.items() if definition.spikes]
    readouts = [name for name, definition in DEFINITIONS.items() if not definition.spikes]
    readout = rng.choice(READOUTS)
    last = hidden if readout in SPIKING else readouts
    neurons = [*(rng.choice(hidden) for _ in sizes[2:]), rng.choice(last)]
    first = rng.choice((1, rng.randint(2, 4))) if graded else 1
    input_bits = [first, *[1] * (len(neurons) - 1)]
    return Network(
        layers=tuple(
            drawn_layer(rng, inputs=before, neurons=count, neuron=neuron, input_bits=bits)
            for (before, count), neuron, bits in zip(
                pairwise(sizes), neurons, input_bits, strict=True
            )
        ),
        steps=rng.randint(1, 5),
        readout=readout,
    )


def drawn_map_network(rng: random.Random, *, largest: int = 5) -> Network:
    """Draw a network of convolutions, poolings and dense layers, the last one dense.

    Its inputs are a map of up to ``largest`` by ``largest`` places; every third time they are
    graded, of up to four bits.
    """
    source = drawn_map(rng, largest=largest)
    spiking = [
        name for name, definition in DEFINITIONS.items()
        if definition.spikes and not _hears_itself(name)
    ]
    readout = rng.choice(READOUTS)
    input_bits = rng.choice((1, 1, rng.randint(2, 4)))
    layers: list[Layer] = []
    for _ in range(rng.randint(1, 2)):
        connection = drawn_connection(rng, source, kind="convolution", largest=4)
        neuron = rng.choice(spiking)
        bits = 1 if layers else input_bits
        layers.append(drawn_layer_of(rng, connection, neuron=neuron, input_bits=bits))
        source = connection.target
    if rng.randrange(2):
        source = FeatureMap(channels=len(source))
    connection = drawn_connection(rng, source, kind="dense")
    last = [
        name for name, one in DEFINITIONS.items()
        if one.spikes == (readout in SPIKING)
        and (isinstance(connection, Dense) or not _hears_itself(name))
    ]
    layers.append(drawn_layer_of(rng, connection, neuron=rng.choice(last)))
    return Network(layers=tuple(layers), steps=rng.randint(1, 4), readout=readout)


def _count(rng: random.Random, connection: Connection) -> int:
    """Return how many values a parameter has: one for each channel, or for each of few neurons."""
    target = connection.target
    return rng.choice((target.channels, len(target))) if len(target) <= 12 else target.channels


def _drawn_value(rng: random.Random, parameter: Parameter, neurons: int) -> Value:
    """Draw a default, one number near it, or one for each neuron."""

    def near() -> float:
        value = parameter.default * rng.uniform(0.5, 1.5)
        low = value if parameter.low is None else parameter.low
        high = value if parameter.high is None else parameter.high
        return max(low, min(high, value))

    kind = rng.randrange(3)
    if kind == 0:
        return parameter.default
    return near() if kind == 1 else tuple(near() for _ in range(neurons))


def _rows(rng: random.Random, count: int, neurons: int, bound: int) -> Rows:
    return tuple(tuple(rng.randint(-bound, bound) for _ in range(neurons)) for _ in range(count))


def _bias(rng: random.Random, neurons: int, bound: int) -> tuple[int, ...]:
    return tuple(rng.randint(-bound, bound) for _ in range(neurons))


def _hears_itself(neuron: str) -> bool:
    return any(one.source == "recurrent" for one in DEFINITIONS[neuron].inputs.values())
