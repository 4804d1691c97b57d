"""The vectorised integer reference against Python integers, and its counters."""

import math
import random
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spikewright.errors import DataError
from spikewright.network.activity import network_activity
from spikewright.network.fast import Predictor
from spikewright.network.reference import run
from spikewright_hw.definition.definition import Parameter, State, neuron
from spikewright_hw.engine import reference as integers
from spikewright_hw.engine.drawn_network import (
    drawn_graph_network,
    drawn_layer,
    drawn_map_network,
    drawn_network,
)
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Network
from spikewright_hw.neuron import DEFINITIONS

#: Of everything drawn.
SEEDS = st.integers(0, 2**32 - 1)


def drawn_spikes(network: Network, rng: random.Random) -> np.ndarray:
    density = rng.choice((0.2, 0.7))
    shape = (2, network.steps, network.inputs)
    spikes = [rng.random() < density for _ in range(math.prod(shape))]
    if network.input_bits > 1:
        return np.array([one * rng.randrange(1 << network.input_bits) for one in spikes],
                        np.uint8).reshape(shape)
    return np.array(spikes).reshape(shape)


@st.composite
def networks(draw) -> tuple[Network, np.ndarray]:
    rng = random.Random(draw(SEEDS))
    network = drawn_network(rng, graded=True)
    return network, drawn_spikes(network, rng)


def compare(network: Network, spikes: np.ndarray) -> None:
    """Check that arrays and Python integers do the same."""
    result = run(network, spikes)
    for sample, steps in enumerate(spikes.astype(int).tolist()):
        bitmaps = [
            sum((value >> bit & 1) << place for place, value in enumerate(step))
            for step in steps
            for bit in reversed(range(network.input_bits))
        ]
        one, trace = integers.run(network, bitmaps)
        for its, mine in zip(result.traced_spikes, trace.spikes, strict=True):
            assert its[sample].astype(int).tolist() == [list(step) for step in mine]
        membranes = [list(step) for step in trace.membranes]
        assert result.traced_membranes[sample].tolist() == membranes
        assert result.outputs[sample].tolist() == list(one.outputs)
        assert result.layer_spikes[sample].tolist() == list(one.spikes)
        assert result.input_events[sample] == one.input_events
        assert result.synops[sample] == one.synops
        assert result.predictions[sample] == one.prediction


@settings(deadline=None)
@given(networks())
def test_arrays_equal_python_integers(case):
    compare(*case)


@pytest.mark.parametrize("neuron", DEFINITIONS)
@settings(max_examples=settings().max_examples // 10, deadline=None)
@given(seed=SEEDS)
def test_arrays_equal_python_integers_with_any_neuron(neuron, seed):
    rng = random.Random(seed)
    layers = [drawn_layer(rng, inputs=3, neurons=4, neuron=neuron)]
    if DEFINITIONS[neuron].spikes:
        layers.append(drawn_layer(rng, inputs=4, neurons=2, neuron="li"))
    network = Network(layers=tuple(layers), steps=12)
    compare(network, drawn_spikes(network, rng))


#: What draws networks with connections of other kinds.
DRAW = pytest.mark.parametrize("draw", [drawn_map_network, drawn_graph_network])


@DRAW
@settings(deadline=None, max_examples=30)
@given(seed=SEEDS)
def test_arrays_equal_python_integers_with_connections(draw, seed):
    rng = random.Random(seed)
    network = draw(rng)
    compare(network, drawn_spikes(network, rng))


@DRAW
@settings(deadline=None, max_examples=30)
@given(seed=SEEDS)
def test_pytorch_on_the_grid_equals_arrays_with_connections(draw, seed):
    rng = random.Random(seed)
    network = draw(rng)
    compare_pytorch(network, drawn_spikes(network, rng))


@neuron(
    w=State("sum of all currents", unit="1"),
    threshold=Parameter(1.0, "sum from which it spikes", unit="level"),
)
def twofold(s, i, p):
    """A sum that is kept twice, in states that end at different values."""
    total = s.w + i
    return {"v": total, "w": total, "spike": total >= p.threshold}


@pytest.mark.parametrize("predicts", [run, lambda network, spikes: Predictor(network)(spikes)])
def test_a_value_that_two_states_store_is_saturated_for_each(predicts):
    layer = Layer(
        weights=((-7, 0), (4, 1)), weight_bits=4, neuron=twofold, parameters={},
        membrane=Format(5, 2), saturation="positive",
    )
    assert layer.fixed.update["v"] is layer.fixed.update["w"]
    network = Network(layers=(layer,), steps=3, readout="count")
    spikes = np.array([[[1, 0], [0, 1], [0, 1]]], bool)  # the first neuron is far below zero
    compare(network, spikes)
    found = predicts(network, spikes)
    assert getattr(found, "predictions", found).tolist() == [1]


@settings(deadline=None)
@given(networks())
def test_pytorch_on_the_grid_equals_arrays(case):
    compare_pytorch(*case)


def compare_pytorch(network: Network, spikes: np.ndarray) -> None:
    """Check that PyTorch and arrays do the same."""
    result = network_activity(network, torch.from_numpy(spikes.astype(np.float32)))
    expected = run(network, spikes)
    for layer, mine, membranes in zip(
        expected.layers, result.spikes, result.membranes, strict=True
    ):
        assert np.array_equal(mine.transpose(0, 1).numpy(), layer.spikes)
        assert np.array_equal(membranes.transpose(0, 1).numpy(), layer.membranes)
    assert np.array_equal(result.predictions.numpy(), expected.predictions)


def small(
    weights=((3, -2), (1, 1)), *, threshold: float = 4, decay: float = 0.5
) -> Network:
    membrane = Format(4, 1)
    return Network(
        layers=(
            Layer(weights, 4, "lif", {"decay": decay, "threshold": threshold}, membrane),
            Layer(((1, 2, 2), (-1, 0, 0)), 4, "li", {"decay": 0.75}, membrane),
        ),
        steps=2,
    )


def test_two_steps_by_hand():
    # Membrane units are halves of a weight step. Step 0: both inputs spike, u = (8, -2), so the
    # first neuron spikes and keeps 0. Step 1: the first input spikes, u = (0 + 6, -1 - 4).
    result = run(small(), np.array([[[1, 1], [1, 0]]]))
    assert result.spikes[0].tolist() == [[[True, False], [False, False]]]
    assert result.layers[0].membranes.tolist() == [[[0, -2], [6, -5]]]
    # The readout gets (1, 2, 2) in the same step, and then loses a quarter, rounded half up.
    assert result.membranes.tolist() == [[[2, 4, 4], [2, 3, 3]]]
    assert result.predictions.tolist() == [1]  # the first of two equal ones
    assert result.input_events.tolist() == [3]
    assert result.synops.tolist() == [3 * 2 + 1 * 3]
    assert result.layer_spikes.tolist() == [[1, 0]]
    assert result.accuracy(np.array([1])) == 1.0 and result.accuracy(np.array([0])) == 0.0


def test_membrane_saturates_at_both_ends():
    ends = small(((7, -7), (7, -7)), threshold=7.5, decay=1)
    result = run(ends, np.ones((1, 2, 2)))
    # 28 - 15 = 13, then 13 + 28 - 15 = 26 becomes 15; -28 becomes -16 at once and stays.
    assert result.layers[0].membranes.tolist() == [[[13, -16], [15, -16]]]


def test_a_recurrent_layer_hears_its_spikes_a_step_later():
    own = Layer(
        ((3, 0), (0, 1)), 4, "recurrent_lif", {"decay": 0.5, "threshold": 3}, Format(4, 1),
        recurrent=((0, 3), (-7, 0)),
    )
    network = Network((own, Layer(((1, 0), (0, 1)), 4, "li", {"decay": 1}, Format(4, 1))), 3)
    result = run(network, np.array([[[1, 0], [0, 0], [1, 0]]]))
    assert result.spikes[0].astype(int).tolist() == [[[1, 0], [0, 1], [0, 0]]]
    assert result.membranes.tolist() == [[[2, 0], [2, 2], [2, 2]]]
    # Two spikes of the input, two that return, and two that go to the readout.
    assert [layer.events.tolist() for layer in result.layers] == [[4], [2]]
    assert result.synops.tolist() == [6 * 2]


def test_neurons_that_compute_with_wide_integers_are_refused():
    layer = Layer(((7,),), 4, "izhikevich", {}, Format(16, 16))  # squares 32 bits, and scales that
    network = Network((layer, Layer(((1,),), 2, "li", {}, Format(4, 4))), 1)
    width = layer.fixed.widest({"i": layer.reach("i")})
    assert width > 64
    message = (
        f"layers[0]: izhikevich with a Q16.16 membrane computes with integers of {width} bits; "
        "the reference on arrays has 63, so choose a narrower membrane"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        run(network, np.ones((1, 1, 1)))


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
