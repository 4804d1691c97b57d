"""Metrics of the algorithm track, by hand and against sums over single synapses."""

from typing import Any

import numpy as np
import pytest

from spikewright.network.reference import run
from spikewright.record.algorithm import effective_operations, footprint, heard_by, measure
from spikewright_hw.connection import Convolution, FeatureMap
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Network
from spikewright_hw.origin import Origin

LIF = {"decay": 0.75, "threshold": 2}
Q = Format(6, 2)


def dense(inputs, neurons, seed, neuron="lif", **more):
    weights: Any = np.random.default_rng(seed).integers(-3, 4, (inputs, neurons))
    return Layer(weights, 4, neuron, {"decay": 0.75} if neuron == "li" else LIF, Q, **more)


def convolution():
    connection = Convolution(
        source=FeatureMap(channels=2, height=4, width=3), channels=2, kernel=(3, 3), padding=(1, 1)
    )
    weights: Any = np.random.default_rng(5).integers(-1, 2, (connection.rows, connection.lanes))
    return Layer(weights, 4, "lif", LIF, Q, connection=connection)


NETWORKS = {
    "dense": ((dense(5, 4, 1), dense(4, 3, 2, "li")), 1),
    "graded": ((dense(5, 4, 1, input_bits=3), dense(4, 3, 2, "li")), 3),
    "recurrent": (
        (dense(5, 4, 1, "recurrent_lif", recurrent=((1, 0, -2, 3), (0,) * 4, (2,) * 4, (1,) * 4)),
         dense(4, 3, 2, "li")), 1,
    ),
    "delayed": ((dense(5, 4, 1), dense(4, 3, 2, "li", origins=(Origin(delays=2),))), 1),
    "map": ((convolution(), dense(24, 3, 4, "li")), 1),
}


@pytest.fixture(params=NETWORKS)
def ran(request):
    layers, bits = NETWORKS[request.param]
    network = Network(layers, steps=4)
    random = np.random.default_rng(7)
    inputs = random.integers(0, 1 << bits, (9, 4, network.inputs))
    inputs *= random.random(inputs.shape) < 0.5
    return network, inputs, run(network, inputs)


def synapses(layer):
    """Return each synapse of a layer: its event, its neuron, its weight; by the connection."""
    if layer.is_dense:
        for event, row in enumerate(layer.rows):
            yield from ((event, neuron, weight) for neuron, weight in enumerate(row))
        return
    lanes = layer.connection.lanes
    for event in range(layer.inputs):
        for row, word in layer.connection.taps(event):
            yield from (
                (event, word * lanes + lane, layer.weights[row][lane]) for lane in range(lanes)
            )


def test_operations_are_sums_over_synapses(ran):
    """And what an engine counts is what it counts."""
    network, inputs, made = ran
    found = measure(network, inputs, made.traced_spikes)
    acs = macs = dense = 0
    for index, layer in enumerate(network.layers):
        heard = heard_by(network, index, inputs, made.traced_spikes)
        for event, _, weight in synapses(layer):
            dense += network.steps
            for sample, step in np.argwhere(heard[..., event]):
                multiplied = heard[sample, step].max() > 1
                acs += bool(weight) and not multiplied
                macs += bool(weight) and multiplied
    assert (found.effective_acs, found.effective_macs) == (acs / 9, macs / 9)
    assert found.dense_operations == dense
    assert found.counted_operations == made.synops.mean()
    assert found.effective_acs + found.effective_macs < dense


def test_without_a_weight_of_zero_an_engine_counts_the_effective_accumulations():
    layers = (
        Layer(((3, -2), (1, 7), (-4, 5)), 4, "lif", LIF, Q),
        Layer(((2, -1), (5, 3)), 4, "li", {"decay": 0.75}, Q),
    )
    network = Network(layers, steps=3)
    inputs = np.random.default_rng(3).random((20, 3, 3)) < 0.6
    made = run(network, inputs)
    found = measure(network, inputs, made.traced_spikes)
    assert found.effective_acs == made.synops.mean() and found.effective_macs == 0


def test_sparsities(ran):
    network, inputs, made = ran
    found = measure(network, inputs, made.traced_spikes)
    weights = [weight for layer in network.layers
               for row in (layer.rows if layer.is_dense else layer.weights) for weight in row]
    assert found.connection_sparsity == pytest.approx(weights.count(0) / len(weights), rel=1e-12)
    (spikes,) = made.traced_spikes
    assert found.activation_sparsity == pytest.approx(1 - spikes.sum() / spikes.size, rel=1e-12)
    assert found.sparsity_per_layer == (found.activation_sparsity,)


def test_membranes_that_change(ran):
    network, inputs, made = ran
    membranes = [layer.membranes for layer in made.layers]
    found = measure(network, inputs, made.traced_spikes, membranes=membranes)
    updates = sum(
        step == 0 or layer[sample, step, neuron] != layer[sample, step - 1, neuron]
        for layer in membranes for sample, step, neuron in np.ndindex(layer.shape)
    )
    assert found.membrane_updates == updates / 9
    assert measure(network, inputs, made.traced_spikes).membrane_updates is None


def test_the_footprint_has_the_widths_of_the_gateware():
    network = Network((dense(5, 4, 1, bias=(1, 2, 0, 3)), dense(4, 3, 2, "li")), steps=2)
    room = footprint(network)
    assert (room.weights, room.biases, room.states) == (32 * 4, 4 * 8, 7 * 8)
    assert room.bits == 216 and room.bytes == 27


def test_inputs_that_are_no_whole_numbers_are_multiplied():
    layer = dense(2, 3, 1)
    nonzero = np.count_nonzero(np.array(layer.weights), axis=1)
    heard = np.array([[[-1, 0]], [[0.5, 1]]])
    assert effective_operations(layer, heard) == (nonzero[0], nonzero.sum())


def test_no_samples():
    network = Network((dense(5, 4, 1), dense(4, 3, 2, "li")), steps=4)
    with pytest.raises(ValueError, match=r"^inputs has no samples; there is nothing to measure$"):
        measure(network, np.zeros((0, 4, 5), bool), ())
