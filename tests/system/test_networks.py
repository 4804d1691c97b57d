"""Networks drawn at random: PyTorch on the grid, arrays and a virtual board agree in everything.

``pytest -n auto tests/system/test_networks.py --examples 1000`` draws more of them than CI does;
each is a test of its own, compiled by Verilator. ``--networks-seed`` repeats a run.
"""

import random

import numpy as np
import torch

import spikewright as spw
from spikewright.device.answers import Answers
from spikewright.network.activity import network_activity
from spikewright.network.reference import Run, run
from spikewright_hw.engine.drawn_network import (
    drawn_graph_network,
    drawn_map_network,
    drawn_network,
)
from spikewright_hw.network import Network

SAMPLES = 3


def drawn(rng: random.Random) -> Network:
    """Draw a network: mostly one with maps, delays and skips."""
    kind = rng.random()
    if kind < 0.15:
        return drawn_network(rng, graded=True)
    return drawn_map_network(rng) if kind < 0.5 else drawn_graph_network(rng)


def inputs_of(network: Network, rng: random.Random) -> np.ndarray:
    """Draw samples: few inputs, some, or all of them."""
    density = rng.choice((0.1, 0.5, 1.0))
    shape = SAMPLES, network.steps, network.inputs
    there = np.array([rng.random() < density for _ in range(int(np.prod(shape)))]).reshape(shape)
    if network.input_bits == 1:
        return there
    most = 1 << network.input_bits
    values = [rng.randrange(1, most) for _ in range(there.size)]
    return (there * np.array(values).reshape(shape)).astype(np.uint8)


def compare(network: Network, expected: Run, answers: Answers, inputs: np.ndarray) -> None:
    """Check every spike, membrane, output and counter."""
    for its, mine in zip(answers.spikes, expected.traced_spikes, strict=True):
        assert np.array_equal(its, mine)
    assert np.array_equal(answers.membranes, expected.traced_membranes)
    for name in ("predictions", "outputs", "input_events", "synops", "layer_spikes"):
        assert np.array_equal(getattr(answers, name), getattr(expected, name)), name
    found = network_activity(network, torch.from_numpy(inputs.astype(np.float32)))
    for layer, spikes, membranes in zip(
        expected.layers, found.spikes, found.membranes, strict=True
    ):
        assert np.array_equal(spikes.transpose(0, 1).numpy(), layer.spikes)
        assert np.array_equal(membranes.transpose(0, 1).numpy(), layer.membranes)


def pytest_generate_tests(metafunc):
    if "number" in metafunc.fixturenames:
        metafunc.parametrize("number", range(metafunc.config.getoption("--examples")))


def test_a_network_is_the_same_in_pytorch_on_arrays_and_on_a_board(number, request, tmp_path):
    seed = request.config.getoption("--networks-seed") + number
    print(f"--networks-seed {seed} --examples 1 repeats this one")
    rng = random.Random(seed)
    network = drawn(rng)
    design = spw.EventDesign(share=rng.randint(1, 4))
    inputs = inputs_of(network, rng)
    with spw.open_board(network, design=design, build=tmp_path) as board:
        compare(network, run(network, inputs), board.infer_all(inputs), inputs)
