"""Fast predictions, checked against the reference on arrays."""

import random
import re

import numpy as np
import pytest

from spikewright.errors import DataError
from spikewright.network import fast
from spikewright.network.fast import Predictor
from spikewright.network.reference import run
from spikewright.stochastic_models import engine
from spikewright_hw.engine.drawn_network import drawn_network
from spikewright_hw.engine.example import example_network
from spikewright_hw.engine.streams import ENCODINGS, SOURCES, Streams
from spikewright_hw.fixed import Format


@pytest.fixture
def rng() -> random.Random:
    seed = random.randrange(2**32)
    print("seed", seed)
    return random.Random(seed)


def spikes_for(network, samples: int, rng: random.Random) -> np.ndarray:
    shape = (samples, network.steps, network.inputs)
    drawn = np.random.default_rng(rng.randrange(2**32)).random(shape)
    if network.input_bits > 1:
        return (drawn * (1 << network.input_bits)).astype(np.uint8)
    return drawn < 0.4


def test_equal_to_the_reference_of_any_network(rng, monkeypatch):
    monkeypatch.setattr(fast, "BLOCK", 7)  # so that there are several blocks, the last one short
    for _ in range(40):
        network = drawn_network(rng, largest=6, graded=True)
        spikes = spikes_for(network, 17, rng)
        given = Predictor(network, threads=2)(spikes)
        assert given.dtype == np.int64
        assert np.array_equal(given, run(network, spikes).predictions)


def test_equal_to_the_reference_on_bitstreams(rng):
    for _ in range(15):
        network = drawn_network(rng, largest=6)
        split = "alpha" in {layer.neuron for layer in network.layers}
        streams = Streams(
            length=rng.choice((16, 64, 512)),
            source=rng.choice(tuple(SOURCES)),
            encoding="sign_magnitude" if split else rng.choice(ENCODINGS),
        )
        spikes = spikes_for(network, 9, rng)
        given = engine.predictor(network, streams=streams)(spikes)
        assert np.array_equal(given, engine.run(network, spikes, streams=streams).predictions)


def test_integers_are_as_narrow_as_the_network_allows(rng):
    for membrane, kind in ((Format(8, 4), np.int32), (Format(20, 12), np.int64)):
        network = example_network(sizes=(6, 5, 3), steps=3, weight_bits=8, membrane=membrane)
        predictor = Predictor(network)
        assert {layer.integer for layer in predictor.layers} == {kind}
        spikes = spikes_for(network, 20, rng)
        assert np.array_equal(predictor(spikes), run(network, spikes).predictions)


def test_no_samples():
    network = example_network(sizes=(3, 2), steps=2, weight_bits=4, membrane=Format(4, 2))
    assert Predictor(network)(np.zeros((0, 2, 3), bool)).tolist() == []


def test_spikes_that_do_not_fit():
    network = example_network(sizes=(3, 2), steps=2, weight_bits=4, membrane=Format(4, 2))
    message = (
        "the input spikes are of shape 1 × 2 × 4; this network needs samples × 2 steps × 3 inputs"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        Predictor(network)(np.zeros((1, 2, 4), bool))
