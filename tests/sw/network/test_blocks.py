"""A whole test set is run in blocks: the same as in one, with states of one block at a time."""

import random
import tracemalloc
from dataclasses import fields

import numpy as np
import pytest

from spikewright.network import blocks
from spikewright.network.fast import Predictor
from spikewright.network.reference import run
from spikewright_hw.engine.drawn_network import drawn_map_network, drawn_network
from spikewright_hw.engine.example import example_network
from spikewright_hw.fixed import Format

DRAWN = (
    lambda rng: drawn_network(rng, largest=6, graded=True),
    drawn_map_network,
)


def inputs(network, samples: int, rng: random.Random) -> np.ndarray:
    shape = (samples, network.steps, network.inputs)
    drawn = np.random.default_rng(rng.randrange(2**32)).random(shape)
    return (drawn * (1 << network.input_bits)).astype(np.uint8)


def equal(one, other) -> bool:
    return all(
        np.array_equal(getattr(one, field.name), getattr(other, field.name))
        for field in fields(one) if field.name != "layers"
    )


@pytest.mark.parametrize("drawn", DRAWN, ids=("dense", "maps"))
def test_blocks_come_to_the_same_as_one(drawn, monkeypatch):
    seed = random.randrange(2**32)
    print("seed", seed)
    rng = random.Random(seed)
    for _ in range(10):
        network = drawn(rng)
        spikes = inputs(network, 11, rng)
        whole = run(network, spikes)
        states = network.steps * sum(layer.neurons for layer in network.layers)
        with monkeypatch.context() as patch:
            patch.setattr(blocks, "MOST_STATES", 4 * states)
            parts = list(blocks.blocks_of(network, 11))
            assert [len(spikes[part]) for part in parts] == [4, 4, 3]
            made = run(network, spikes)
            assert np.array_equal(Predictor(network)(spikes), whole.predictions)
        assert equal(made, whole)
        assert all(map(equal, made.layers, whole.layers))


def test_hidden_membranes_are_left_out(monkeypatch):
    monkeypatch.setattr(blocks, "MOST_STATES", 100)
    network = example_network(
        sizes=(6, 5, 4, 3), steps=3, weight_bits=4, membrane=Format(8, 4)
    )
    spikes = inputs(network, 9, random.Random(1))
    whole, made = run(network, spikes), run(network, spikes, hidden_membranes=False)
    assert equal(made, whole)
    for one, other in zip(made.layers[:-1], whole.layers[:-1], strict=True):
        assert one.membranes.shape == (9, 3, 0)
        assert np.array_equal(one.spikes, other.spikes)
    assert equal(made.layers[-1], whole.layers[-1])


def test_no_samples_are_one_block():
    network = example_network(
        sizes=(6, 5, 3), steps=3, weight_bits=4, membrane=Format(8, 4)
    )
    assert run(network, inputs(network, 0, random.Random(1))).outputs.shape == (0, 3)


def test_more_samples_need_no_more_memory(monkeypatch):
    """But that of the answer: a spike of each neuron in each step is a byte."""
    monkeypatch.setattr(blocks, "MOST_STATES", 1 << 14)
    network = example_network(
        sizes=(4, 512, 3), steps=4, weight_bits=4, membrane=Format(8, 4)
    )

    def needed(samples: int) -> float:
        spikes = inputs(network, samples, random.Random(1))
        tracemalloc.start()
        run(network, spikes, hidden_membranes=False)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    few, many = needed(50), needed(1050)
    assert many - few < 1000 * 4 * 515 * 4  # the answer, and its parts while it is joined
