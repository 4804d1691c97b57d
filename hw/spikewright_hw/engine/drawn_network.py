"""Networks drawn at random, to try an engine on: small ones of every kind.

They have everything drawn that a network can have: any neuron, its parameters (also one for each
neuron of the layer), biases, formats, rounding, saturation and readout, connections, delays and
skips.
"""

import random
import warnings
from itertools import pairwise
from typing import Any

from ..connection import Connection, Dense, FeatureMap, Joined
from ..definition.definition import Parameter, Value
from ..definition.precision import PrecisionWarning
from ..fixed import Format
from ..layer import Layer, NetworkError
from ..network import Network
from ..neuron import DEFINITIONS
from ..origin import Origin
from ..readout import READOUTS, SPIKING
from .drawn_connection import drawn_connection, drawn_map
from .drawn_origin import drawn_origin, drawn_parts
from .example import drawn_bias, drawn_rows

__all__ = [
    "drawn_graph_network", "drawn_layer", "drawn_layer_of", "drawn_map_network", "drawn_network",
]

#: Times that a layer is drawn, before it is given up.
_TRIES = 1000


def drawn_layer(
    rng: random.Random, *, inputs: int, neurons: int, neuron: str, input_bits: int = 1
) -> Layer:
    """Draw a dense layer with neurons of a kind; those that cannot be built are drawn again."""
    dense = Dense(source=FeatureMap(channels=inputs), neurons=neurons)
    return drawn_layer_of(rng, dense, neuron=neuron, input_bits=input_bits)


def drawn_layer_of(
    rng: random.Random, connection: Connection, *, neuron: str, input_bits: int = 1,
    origins: tuple[Origin, ...] = (),
) -> Layer:
    """Draw a layer with a connection; those that cannot be built are drawn again."""
    neurons, refused = len(connection.target), None
    for _ in range(_TRIES):
        bits = rng.randint(2, 8)
        bound = (1 << (bits - 1)) - 1
        membrane = Format(rng.randint(2, 8), rng.randint(0, 6))
        fields: dict[str, Any] = {
            "weights": drawn_rows(rng, connection.rows, connection.lanes, bound),
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
            "recurrent": (
                drawn_rows(rng, neurons, neurons, bound) if DEFINITIONS[neuron].hears_itself
                else None
            ),
            "bias": (
                drawn_bias(rng, _count(rng, connection), membrane.max) if rng.randrange(2) else None
            ),
            "input_bits": input_bits,
            "origins": origins,
        }
        try:
            with warnings.catch_warnings():  # a coarse table is as good to compare as a fine one
                warnings.simplefilter("ignore", PrecisionWarning)
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
    """Draw a network of convolutions, poolings and dense layers; mostly the last one is dense.

    Its inputs are a map of up to ``largest`` by ``largest`` places; every third time they are
    graded, of up to four bits.
    """
    source = drawn_map(rng, largest=largest)
    spiking = [
        name for name, definition in DEFINITIONS.items()
        if definition.spikes and not definition.hears_itself
    ]
    readout = rng.choice(READOUTS)
    input_bits = rng.choice((1, 1, rng.randint(2, 4)))
    layers: list[Layer] = []
    kind = _last_kind(rng)
    for _ in range(rng.randint(1, 2)):
        connection = drawn_connection(rng, source, kind="convolution", largest=4)
        neuron = rng.choice(spiking)
        bits = 1 if layers else input_bits
        layers.append(drawn_layer_of(rng, connection, neuron=neuron, input_bits=bits))
        source = connection.target
    if kind == "dense" and rng.randrange(2):
        source = FeatureMap(channels=len(source))
    connection = drawn_connection(rng, source, kind=kind, largest=6 if kind == "dense" else 3)
    last = [
        name for name, one in DEFINITIONS.items()
        if one.spikes == (readout in SPIKING)
        and (isinstance(connection, Dense) or not one.hears_itself)
    ]
    layers.append(drawn_layer_of(rng, connection, neuron=rng.choice(last)))
    return Network(layers=tuple(layers), steps=rng.randint(1, 4), readout=readout)


def drawn_graph_network(rng: random.Random, *, largest: int = 4) -> Network:
    """Draw a network with delays, skips, and layers that hear themselves.

    Mostly the last one is dense.
    """
    source = drawn_map(rng, largest=largest)
    steps, readout = rng.randint(1, 5), rng.choice(READOUTS)
    input_bits = rng.choice((1, 1, rng.randint(2, 3)))
    made: list[FeatureMap] = [source]
    layers: list[Layer] = []
    count = rng.randint(1, 3)
    for index in range(count):
        last = index == count - 1
        flat = _last_kind(rng) == "dense" if last else rng.random() < 0.4
        source = made[-1]
        if flat and rng.randrange(2):
            source = FeatureMap(channels=len(source))
        first = drawn_connection(rng, source, kind="dense" if flat else "convolution", largest=4)
        parts = [(first, drawn_origin(rng, back=1, count=len(first.source), steps=steps))]
        spikes = not last or readout in SPIKING
        parts += drawn_parts(rng, first, made, steps=steps, nearest=0 if spikes else 1)
        hears_inputs = any(origin.back == len(made) for _, origin in parts)
        connection = first if len(parts) == 1 else Joined(parts=tuple(one for one, _ in parts))
        kinds = [
            name for name, one in DEFINITIONS.items()
            if one.spikes == spikes
            and (isinstance(connection, Dense) or not one.hears_itself)
        ]
        layers.append(drawn_layer_of(
            rng, connection, neuron=rng.choice(kinds),
            input_bits=input_bits if hears_inputs else 1,
            origins=tuple(origin for _, origin in parts),
        ))
        made.append(connection.target)
    return Network(layers=tuple(layers), steps=steps, readout=readout)


def _last_kind(rng: random.Random) -> str:
    """Return what a network ends in: a dense layer, or less often a map."""
    return "convolution" if rng.random() < 0.35 else "dense"


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
