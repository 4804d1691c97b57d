"""A second reader of network files, written from docs/spw.md alone, against the reference.

The reader, in tests/independent, shares nothing with the project. Where the two differ, the page
lacks a rule, or the project breaks it.
"""

import warnings
from dataclasses import replace
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

import numpy as np
import pytest
import snntorch as snn
import torch
from torch import nn

import spikewright as spw
from spikewright.network.reference import run as run_reference
from spikewright_hw.definition.precision import PrecisionWarning
from spikewright_hw.definition.serial import from_data
from spikewright_hw.engine.drawn_network import (
    drawn_graph_network,
    drawn_layer,
    drawn_map_network,
    drawn_network,
)
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Network, NetworkError
from spikewright_hw.neuron import DEFINITIONS
from spikewright_hw.readout import READOUTS, SPIKING

from ...independent.codings import encode
from ...independent.drawn import drawn_definition
from ...independent.spw_reader import read, run
from .spw_files import forge, quantized

EVENT = np.dtype([("t", "i8"), ("x", "i8"), ("y", "i8"), ("p", "i8")])


@pytest.fixture
def rng() -> Random:
    seed = SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    return Random(seed)


def drawn_values(rng: Random, *shape: int, low: float, high: float) -> np.ndarray:
    """Draw values of a range: many of them its ends, or its sixteenths."""
    width = high - low
    drawn = [
        rng.choice((low, high, rng.uniform(low, high), low + width * rng.randrange(17) / 16))
        for _ in range(int(np.prod(shape)))
    ]
    return np.clip(drawn, low, high).reshape(shape)


def drawn_coding(rng: Random, name: str, *, inputs: int, steps: int, bits: int = 4) -> Any:
    """Draw a coding of as many inputs, and a sample of it."""
    low = rng.choice((0.0, rng.uniform(-5, 5)))
    high = low + rng.choice((1.0, 16.0, rng.uniform(0.1, 9)))
    ends = {"low": low, "high": high}

    def values(*shape: int) -> np.ndarray:
        return drawn_values(rng, *shape, **ends)

    match name:
        case "ttfs":
            silent = rng.choice((low, low + (high - low) * rng.uniform(0, 0.9)))
            return spw.Ttfs(inputs=inputs, steps=steps, silent=silent, **ends), values(inputs)
        case "log_latency":
            silent = low + (high - low) * rng.uniform(0.001, 0.9)
            coding = spw.LogLatency(inputs=inputs, steps=steps, silent=silent, **ends)
            return coding, values(inputs)
        case "rate":
            seed = rng.choice((0, rng.getrandbits(64)))
            most = rng.choice((1.0, rng.random()))
            coding = spw.Rate(inputs=inputs, steps=steps, most=most, seed=seed, **ends)
            return coding, values(inputs)
        case "direct":
            sequence = rng.random() < 0.5
            coding = spw.Direct(inputs=inputs, steps=steps, bits=bits, sequence=sequence, **ends)
            return coding, values(steps, inputs) if sequence else values(inputs)
        case "population":
            made = {"overlap": rng.uniform(0.5, 3), "silent": rng.uniform(0.01, 0.9)} | ends
            fields = rng.randint(3, 8)
            return spw.Population(values=inputs, fields=fields, steps=steps, **made), values(inputs)
        case "delta":
            length, channels = steps + rng.randint(0, 20), rng.randint(1, 3)
            made = {"threshold": (high - low) * rng.uniform(0.01, 0.5),
                    "start": rng.uniform(low, high)} | ends
            coding = spw.Delta(length=length, channels=channels, steps=steps, **made)
            return coding, values(length, channels)
        case "events":
            height, width, polarities = rng.randint(1, 5), rng.randint(1, 5), rng.randint(1, 2)
            coding = spw.Events(
                height=height, width=width, polarities=polarities, steps=steps,
                duration=rng.choice((None, rng.randint(1, 300))), factor=rng.randint(1, 3),
            )
            times = sorted(rng.randrange(7, 400) for _ in range(rng.randint(0, 15)))
            return coding, np.array([
                (t, rng.randrange(width), rng.randrange(height), rng.randrange(polarities))
                for t in times
            ], EVENT)
    spikes = [[rng.randrange(2) for _ in range(inputs)] for _ in range(steps)]
    return spw.Spikes(inputs=inputs, steps=steps), np.array(spikes)


def compare(path: Path, sample: Any) -> None:
    """Check that the reader and the reference do the same with a file and a sample of its coding.

    Compared are inputs, every spike and membrane of every layer, outputs and prediction.
    """
    network, given = read(path), spw.read(path)
    inputs = spw.encode([sample], given.coding)
    steps = encode(network.coding, sample.tolist())
    assert steps == inputs[0].astype(int).tolist()
    mine, its = run(network, steps), run_reference(given.network, inputs)
    for n, layer in enumerate(its.layers):
        assert [step[n] for step in mine.spikes] == layer.spikes[0].astype(int).tolist()
        membranes = [[one["v"] for one in step[n]] for step in mine.states]
        assert membranes == layer.membranes[0].tolist()
    assert mine.outputs == its.outputs[0].tolist()
    assert mine.prediction == its.predictions[0]


def compare_network(path: Path, network: Network, rng: Random) -> None:
    """Write a network with a coding that fits it, and compare."""
    bits = network.input_bits
    name = "direct" if bits > 1 else rng.choice(("ttfs", "log_latency", "rate", "spikes"))
    coding, sample = drawn_coding(
        rng, name, inputs=network.inputs, steps=network.steps, bits=bits
    )
    spw.write(path, replace(quantized(), network=network, coding=coding))
    compare(path, sample)


@pytest.mark.parametrize("neuron", DEFINITIONS)
def test_registered_neurons(neuron, rng, tmp_path):
    for bits in (1, 3):
        layer = drawn_layer(rng, inputs=4, neurons=2, neuron=neuron, input_bits=bits)
        fitting = [one for one in READOUTS if (one in SPIKING) == DEFINITIONS[neuron].spikes]
        network = Network((layer,), steps=8, readout=rng.choice(fitting))
        compare_network(tmp_path / "net.spw", network, rng)


def test_networks(rng, tmp_path):
    for _ in range(8):
        compare_network(tmp_path / "net.spw", drawn_network(rng, largest=4, graded=True), rng)


def test_networks_with_maps(rng, tmp_path):
    for _ in range(8):
        compare_network(tmp_path / "net.spw", drawn_map_network(rng), rng)


def test_networks_with_delays_and_skips(rng, tmp_path):
    for _ in range(12):
        compare_network(tmp_path / "net.spw", drawn_graph_network(rng), rng)


def drawn_network_of_definitions(rng: Random) -> Network:
    """Draw a network of a neuron that is drawn; one that cannot be is drawn again."""
    while True:
        membrane = Format(rng.randint(2, 8), rng.randint(0, 6))
        bound = {"p": 2.0, "q": 1.0, "threshold": membrane.real(membrane.max)}
        ends = {name: [rng.uniform(-x, x) for _ in range(2)] for name, x in bound.items()}
        try:
            layer = Layer(
                tuple(
                    (rng.randint(-127, 127) >> rng.randrange(7), rng.randint(-127, 127))
                    for _ in range(3)
                ),
                8, from_data(drawn_definition(rng)),
                {name: rng.choice((tuple(x), x[0])) for name, x in ends.items()}, membrane,
                exponent=rng.randint(0, membrane.fraction),
                rounding=rng.choice(("half_up", "floor")),
                saturation=rng.choice(("full", "symmetric", "positive")),
                bias=rng.choice((None, (rng.randint(-9, 9), rng.randint(-9, 9)))),
            )
            return Network((layer,), steps=6, readout=rng.choice(("count", "first")))
        except NetworkError:
            continue


def test_neurons_as_data(rng, tmp_path):
    compared = 0
    while compared < 40:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PrecisionWarning)
            network = drawn_network_of_definitions(rng)
            (layer,) = network.layers
            sums = {name: layer.reach(name) for name in layer.definition.inputs}
            if layer.fixed.widest(sums) < 60:  # else arrays have too few bits
                compare_network(tmp_path / "net.spw", network, rng)
                compared += 1


def test_neurons_of_a_framework(rng, tmp_path):
    torch.manual_seed(rng.getrandbits(32))
    module = nn.Sequential(
        nn.Linear(6, 5), snn.RLeaky(beta=0.8, linear_features=5, init_hidden=True),
        nn.Linear(5, 3), snn.Synaptic(alpha=0.7, beta=0.9, init_hidden=True),
    )
    network = spw.from_torch(module, torch.zeros(1, 6), steps=10, readout="count")
    samples = np.array([rng.random() < 0.5 for _ in range(600)]).reshape(10, 10, 6)
    made = spw.quantize(network, samples)
    for layer in made.network.layers:
        assert layer.definition.name not in DEFINITIONS
    compare_network(tmp_path / "net.spw", made.network, rng)


@pytest.mark.parametrize("schema", [2, 3])
def test_schemas_before(schema, rng, tmp_path):
    path = tmp_path / "net.spw"
    spw.write(path, quantized())

    def older(body: dict, _: dict) -> None:
        body["schema"] = schema
        if schema == 2:
            del body["readout"], body["coding"]["low"]
        for layer in body["layers"]:
            del layer["input_bits"]

    forge(path, older)
    compare(path, drawn_values(rng, 3, low=0.0, high=16.0))


@pytest.mark.parametrize(
    "name",
    ["ttfs", "log_latency", "rate", "direct", "population", "delta", "events", "spikes"],
)
def test_codings(name, rng, tmp_path):
    path = tmp_path / "net.spw"
    for _ in range(10):
        coding, sample = drawn_coding(rng, name, inputs=rng.randint(1, 7), steps=rng.randint(1, 12))
        bits = coding.bits if name == "direct" else 1
        layer = drawn_layer(rng, inputs=coding.inputs, neurons=1, neuron="li", input_bits=bits)
        network = Network((layer,), steps=coding.steps)
        spw.write(path, replace(quantized(), network=network, coding=coding))
        compare(path, sample)
