"""A second reader of network files, written from docs/spw.md and the pages that it links to alone.

Nothing is shared with the project: the standard library suffices. Where a sentence of the page is
not obeyed here, or more is, the page is wrong.
"""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .connections import Arrival, arrivals, channels, dense, inputs
from .decision_8 import Neuron
from .definitions import Definition, of_object, of_page

__all__ = ["Layer", "Network", "Run", "read", "run"]

TYPES = {"I8": ("int8", 1), "I32": ("int32", 4)}


@dataclass
class Layer:
    """A layer: rows of weights, and for each neuron how inputs reach it, its bias, and its step."""

    definition: Definition
    weights: list[list[int]]
    arrivals: list[list[Arrival]]
    recurrent: list[list[int]]
    bias: list[int]
    neurons: list[Neuron]
    shift: int  # bits after the point - exponent
    origins: list[tuple[int, list[int]]]  # how far back each part hears, and how late each input


@dataclass
class Network:
    """What a file holds."""

    layers: list[Layer]
    steps: int
    readout: str
    coding: dict[str, Any]
    about: dict[str, Any]


@dataclass
class Run:
    """One inference: of each layer and step the spikes and the states; outputs, prediction."""

    spikes: list[list[list[int]]] = field(default_factory=list)
    states: list[list[list[dict[str, int]]]] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    prediction: int = 0


def read(path: str | Path) -> Network:
    """Read a file."""
    tensors, text = container(Path(path).read_bytes())
    about = json.loads(text["spikewright"])
    if about["hash"] != content_hash(about, tensors):
        raise ValueError("the hash does not match")
    if about["schema"] not in (2, 3, 4, 5, 6):
        raise ValueError(f"schema {about['schema']}")
    layers = [layer(one, f"layers.{n}", tensors) for n, one in enumerate(about["layers"])]
    coding = about["coding"]
    if about["schema"] == 2 and coding["name"] == "ttfs":
        coding = coding | {"low": 0}
    return Network(layers, about["steps"], about.get("readout", "last"), coding, about)


def container(data: bytes) -> tuple[dict[str, tuple[str, list[int], bytes]], dict[str, str]]:
    """Return the tensors of a safetensors file by name, and its metadata."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    text = header.pop("__metadata__")
    body = data[8 + length :]
    tensors = {
        name: (one["dtype"], one["shape"], body[slice(*one["data_offsets"])])
        for name, one in header.items()
    }
    return tensors, text


def content_hash(about: dict[str, Any], tensors: dict[str, tuple[str, list[int], bytes]]) -> str:
    """Return the SHA-256 over all but the hash itself."""
    rest = {name: value for name, value in about.items() if name != "hash"}
    digest = hashlib.sha256(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode())
    for name, (dtype, shape, data) in sorted(tensors.items()):
        digest.update(f"\n{name} {TYPES[dtype][0]} {tuple(shape)}\n".encode() + data)
    return digest.hexdigest()


def layer(about: dict[str, Any], name: str, tensors: dict) -> Layer:
    """Return a layer from its object and its tensors."""

    def rows(part: str) -> list[list[int]]:
        if f"{name}.{part}" not in tensors:
            return []
        dtype, shape, data = tensors[f"{name}.{part}"]
        _, size = TYPES[dtype]
        flat = [
            int.from_bytes(data[at : at + size], "little", signed=True)
            for at in range(0, len(data), size)
        ]
        return [flat[at : at + shape[-1]] for at in range(0, len(flat), shape[-1])]

    neuron = about["neuron"]
    definition = of_page(neuron) if isinstance(neuron, str) else of_object(neuron)
    count, given = about["neurons"], about["parameters"]
    whole, fraction = map(int, about["membrane"].removeprefix("Q").split("."))
    shift = fraction - about["exponent"]
    connection = about.get("connection")
    reached = dense(about["inputs"], count) if connection is None else arrivals(connection)
    many = count if connection is None else channels(connection)
    bias = (rows("bias") or [[0] * count])[0]
    bias = bias * (count // len(bias))
    rows_most = max(map(len, reached)) * (2 ** about.get("input_bits", 1) - 1)
    if connection is None or connection["kind"] == "dense":
        rows_most = max(rows_most, count)
    most_bias = max(2 ** (whole + fraction - 1), *map(abs, bias))
    most = rows_most * 2 ** (about["weight_bits"] - 1 + shift) + most_bias
    return Layer(
        definition=definition,
        weights=rows("weights"),
        arrivals=reached,
        recurrent=rows("recurrent"),
        bias=bias,
        neurons=[
            Neuron(
                definition,
                {key: of_neuron(x, n, many) for key, x in given.items()},
                form=(whole, fraction),
                rounding=about["rounding"],
                saturation=about["saturation"],
                most_input=2 ** most.bit_length(),
            )
            for n in range(count)
        ],
        shift=shift,
        origins=origins(about),
    )


def origins(about: dict[str, Any]) -> list[tuple[int, list[int]]]:
    """Return how far back each part of a layer hears, and the delay of each of its inputs."""
    connection = about.get("connection")
    parts = [about["inputs"]] if connection is None else [
        inputs(part) for part in connection.get("parts", [connection])
    ]
    given = about.get("origins") or [{"back": 1, "delays": 0}]
    return [
        (one["back"], one["delays"] if isinstance(one["delays"], list) else [one["delays"]] * count)
        for one, count in zip(given, parts, strict=True)
    ]


def heard(layer: Layer, at: int, past: list[list[list[int]]]) -> list[int]:
    """Return the inputs of layer ``at``; ``past`` has the inputs of each step, and each layer's."""
    return [
        past[at + 1 - back][-1 - late][i] if late < len(past[at + 1 - back]) else 0
        for back, delays in layer.origins for i, late in enumerate(delays)
    ]


def of_neuron(given: float | list[float], neuron: int, channels: int) -> float:
    """Return the parameter of a neuron, of one for all, for each neuron or for each channel."""
    if not isinstance(given, list):
        return given
    return given[neuron % channels if len(given) == channels else neuron]


def run(network: Network, steps: list[list[int]]) -> Run:
    """Run an inference: of each step, each input is 0, 1, or a graded input's whole number."""
    states = [[dict(one.start) for one in layer.neurons] for layer in network.layers]
    past: list[list[list[int]]] = [[] for _ in range(len(network.layers) + 1)]
    own = [[0] * len(layer.neurons) for layer in network.layers]
    result = Run()
    for step in steps:
        past[0].append(step)
        for at, layer in enumerate(network.layers):
            # Of itself a layer hears the steps before: this one is there as soon as it is over.
            past[at + 1].append([0] * len(layer.neurons))
            given, spikes = heard(layer, at, past), []
            for n, neuron in enumerate(layer.neurons):
                currents = {
                    name: current(layer, source, n, given, own[at])
                    for name, source in layer.definition.inputs.items()
                }
                states[at][n], spike = neuron.step(states[at][n], currents)
                spikes.append(int(spike))
            own[at] = past[at + 1][-1] = spikes
        result.spikes.append([list(one) for one in own])
        result.states.append([[dict(one) for one in layer] for layer in states])
    result.outputs = outputs(network, result)
    result.prediction = result.outputs.index(max(result.outputs))
    return result


def current(layer: Layer, source: str, neuron: int, given: list[int], own: list[int]) -> int:
    """Return what an input of a neuron gets in a step, in steps of the membrane's format."""
    takes = {
        "all": lambda x: x,
        "recurrent": lambda x: x,
        "excitatory": lambda x: max(x, 0),
        "inhibitory": lambda x: max(-x, 0),
    }[source]
    if source == "recurrent":
        total = sum(row[neuron] * spike for row, spike in zip(layer.recurrent, own, strict=True))
    else:
        total = sum(
            takes(layer.weights[row][lane]) * given[i] for i, row, lane in layer.arrivals[neuron]
        )
    bias = 0 if source == "recurrent" else takes(layer.bias[neuron])
    return total * 2**layer.shift + bias


def outputs(network: Network, result: Run) -> list[int]:
    """Return the output of each neuron of the last layer."""
    found = []
    for n in range(len(network.layers[-1].neurons)):
        spikes = [step[-1][n] for step in result.spikes]
        membranes = [step[-1][n]["v"] for step in result.states]
        found.append({
            "last": membranes[-1],
            "maximum": max(membranes),
            "count": sum(spikes),
            "first": len(spikes) - spikes.index(1) if 1 in spikes else 0,
        }[network.readout])
    return found
