"""The vectorised integer reference against Python integers, and its counters."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spikewright.errors import DataError
from spikewright.network.model import network_activity
from spikewright.network.reference import run
from spikewright_hw.engine import reference as integers
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Network
from spikewright_hw.neuron import DEFINITIONS


def layer(draw, inputs: int, neurons: int, neuron: str) -> Layer:
    bits = draw(st.integers(2, 8))
    bound = (1 << (bits - 1)) - 1
    # Narrow membranes, so that saturation is met often.
    membrane = draw(st.builds(Format, st.integers(2, 6), st.integers(0, 4)))
    parameters = {"leak": draw(st.integers(0, membrane.width))}
    if neuron == "lif":
        parameters["threshold"] = draw(st.integers(-2, membrane.max))
    row = st.lists(st.integers(-bound, bound), min_size=neurons, max_size=neurons)
    weights = draw(st.lists(row, min_size=inputs, max_size=inputs))
    return Layer(
        weights=tuple(map(tuple, weights)),
        weight_bits=bits,
        neuron=neuron,
        parameters=parameters,
        membrane=membrane,
    )


@st.composite
def networks(draw) -> tuple[Network, np.ndarray]:
    sizes = draw(st.lists(st.integers(1, 6), min_size=2, max_size=4))
    neurons = ["lif"] * (len(sizes) - 2) + ["li"]
    layers = tuple(
        layer(draw, inputs, outputs, neuron)
        for inputs, outputs, neuron in zip(sizes[:-1], sizes[1:], neurons, strict=True)
    )
    network = Network(layers=layers, steps=draw(st.integers(1, 5)))
    seed = draw(st.integers(0, 2**32 - 1))
    shape = (2, network.steps, network.inputs)
    return network, np.random.default_rng(seed).random(shape) < draw(st.sampled_from([0.2, 0.7]))


@settings(max_examples=150, deadline=None)
@given(networks())
def test_arrays_equal_python_integers(case):
    network, spikes = case
    result = run(network, spikes)
    for sample, steps in enumerate(spikes.astype(int).tolist()):
        bitmaps = [sum(bit << place for place, bit in enumerate(step)) for step in steps]
        one, trace = integers.run(network, bitmaps)
        for its, mine in zip(result.spikes, trace.spikes, strict=False):
            assert its[sample].astype(int).tolist() == [list(step) for step in mine]
        assert result.membranes[sample].tolist() == [list(step) for step in trace.membranes]
        assert result.layer_spikes[sample].tolist() == list(one.spikes)
        assert result.input_events[sample] == one.input_events
        assert result.synops[sample] == one.synops
        assert result.predictions[sample] == one.prediction


@settings(max_examples=100, deadline=None)
@given(networks())
def test_pytorch_on_the_grid_equals_arrays(case):
    network, spikes = case
    result = network_activity(network, torch.from_numpy(spikes.astype(np.float32)))
    expected = run(network, spikes)
    for layer, mine, membranes in zip(
        expected.layers, result.spikes, result.membranes, strict=True
    ):
        assert np.array_equal(mine.transpose(0, 1).numpy(), layer.spikes)
        assert np.array_equal(membranes.transpose(0, 1).numpy(), layer.membranes)
    assert np.array_equal(result.predictions.numpy(), expected.predictions)


def small(weights=((3, -2), (1, 1)), *, threshold: int = 8, leak: int = 1) -> Network:
    membrane = Format(4, 1)
    return Network(
        layers=(
            Layer(weights, 4, "lif", {"leak": leak, "threshold": threshold}, membrane),
            Layer(((1, 2, 2), (-1, 0, 0)), 4, "li", {"leak": 2}, membrane),
        ),
        steps=2,
    )


def test_two_steps_by_hand():
    # Membrane units are halves of a weight step. Step 0: both inputs spike, u = (8, -2), so the
    # first neuron spikes and keeps 0. Step 1: the first input spikes, u = (0 + 6, -2 + 1 - 4).
    result = run(small(), np.array([[[1, 1], [1, 0]]]))
    assert result.spikes[0].tolist() == [[[True, False], [False, False]]]
    assert result.layers[0].membranes.tolist() == [[[0, -2], [6, -5]]]
    # The readout gets (1, 2, 2) in the same step, and then leaks a quarter, rounded down.
    assert result.membranes.tolist() == [[[2, 4, 4], [2, 3, 3]]]
    assert result.predictions.tolist() == [1]  # the first of two equal ones
    assert result.input_events.tolist() == [3]
    assert result.synops.tolist() == [3 * 2 + 1 * 3]
    assert result.layer_spikes.tolist() == [[1, 0]]
    assert result.accuracy(np.array([1])) == 1.0 and result.accuracy(np.array([0])) == 0.0


def test_membrane_saturates_at_both_ends():
    ends = small(((7, -7), (7, -7)), threshold=15, leak=5)
    result = run(ends, np.ones((1, 2, 2)))
    # 28 - 15 = 13, then 13 + 28 - 15 = 26 becomes 15; -28 becomes -16 at once and stays.
    assert result.layers[0].membranes.tolist() == [[[13, -16], [15, -16]]]


def test_every_neuron_has_a_membrane_called_v():
    assert all("v" in definition.states for definition in DEFINITIONS.values())


@pytest.mark.parametrize(
    ("spikes", "message"),
    [
        (np.zeros((5, 2, 3)), "shape 5 × 2 × 3; this network needs samples × 2 steps × 2 inputs"),
        (np.zeros((5, 3, 2)), "shape 5 × 3 × 2; this network needs"),
        (np.zeros((2, 2)), "shape 2 × 2; this network needs"),
        (np.full((1, 2, 2), 0.5), "values other than 0 and 1; encode the samples first"),
        (np.full((1, 2, 2), np.nan), "values other than 0 and 1"),
    ],
)
def test_spikes_that_do_not_fit_are_refused(spikes, message):
    with pytest.raises(DataError, match=re.escape(message)):
        run(small(), spikes)
