"""The stochastic engine in software, checked against the reference that goes bit by bit."""

import random

import numpy as np
import pytest

from spikewright.network.reference import run as run_integers
from spikewright.network.stream_synapses import synapse_counts
from spikewright.stochastic_models.engine import run
from spikewright_hw.engine.drawn_network import drawn_network
from spikewright_hw.engine.example import example_network
from spikewright_hw.engine.reference import run as run_bits
from spikewright_hw.engine.stream_products import products
from spikewright_hw.engine.streams import ENCODINGS, SOURCES, Streams
from spikewright_hw.fixed import Format


@pytest.fixture
def rng() -> random.Random:
    seed = random.randrange(2**32)
    print("seed", seed)
    return random.Random(seed)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_counts_are_those_of_the_products(source, encoding, rng):
    bits = rng.randint(2, 8)
    most = (1 << bits - 1) - 1
    weights = np.array([[rng.randint(-most, most) for _ in range(4)] for _ in range(5)])
    streams = Streams(length=rng.choice((16, 64, 256)), source=source, encoding=encoding)
    counts = synapse_counts(streams, weights, weight_bits=bits)
    for (row, neuron), weight in np.ndenumerate(weights):
        for spike in (0, 1):
            product = products(streams, bits, row=row, spike=spike, weight=int(weight))
            kind = counts[1 - spike]
            assert kind.up[row, neuron] == sum(up for up, _ in product)
            assert kind.down[row, neuron] == sum(down for _, down in product)


def test_arrays_are_equal_to_the_bits_of_any_network(rng):
    for _ in range(25):
        network = drawn_network(rng, largest=5)
        split = "alpha" in {layer.neuron for layer in network.layers}
        streams = Streams(
            length=rng.choice((16, 32, 128)),
            source=rng.choice(tuple(SOURCES)),
            encoding="sign_magnitude" if split else rng.choice(ENCODINGS),
        )
        bitmaps = [
            [rng.getrandbits(network.inputs) for _ in range(network.steps)] for _ in range(3)
        ]
        spikes = np.array([
            [[bitmap >> at & 1 for at in range(network.inputs)] for bitmap in sample]
            for sample in bitmaps
        ])
        given = run(network, spikes, streams=streams)
        for number, sample in enumerate(bitmaps):
            result, trace = run_bits(network, sample, streams=streams)
            assert given.predictions[number] == result.prediction
            assert given.synops[number] == result.synops
            assert given.input_events[number] == result.input_events
            assert tuple(given.layer_spikes[number]) == result.spikes
            membranes = [list(step) for step in trace.membranes]
            assert given.traced_membranes[number].tolist() == membranes
            for layer, steps in zip(given.traced_spikes, trace.spikes, strict=True):
                assert layer[number].tolist() == [list(map(bool, step)) for step in steps]


def test_whole_periods_are_the_integer_network_itself(rng):
    network = example_network(sizes=(20, 12, 5), steps=4, weight_bits=6, membrane=Format(7, 3))
    spikes = np.array([rng.random() < 0.3 for _ in range(9 * 4 * 20)]).reshape(9, 4, 20)
    integers = run_integers(network, spikes)
    for encoding in ("sign_magnitude", "unipolar"):
        given = run(network, spikes, streams=Streams(length=64, encoding=encoding))
        assert np.array_equal(given.membranes, integers.membranes)
    short = run(network, spikes, streams=Streams(length=16))
    assert not np.array_equal(short.membranes, integers.membranes)
