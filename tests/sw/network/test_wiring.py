"""Cells with their synapses, over the steps of a sample."""

import re

import pytest
import torch

from spikewright.network.cell import Cell
from spikewright.network.wiring import Wired, scan
from spikewright_hw.definition.definition import neuron
from spikewright_hw.neuron import DEFINITIONS
from spikewright_hw.neuron.recurrent_lif import recurrent_lif


def test_synapses_by_their_sign_and_from_the_layer_itself():
    @neuron()
    def sums(s, everything, p):
        return {"v": everything, "spike": everything > 1.5}

    weights = torch.tensor([[1.0, -2.0], [3.0, 4.0]])
    arriving = torch.tensor([[[1.0, 1.0]], [[0.0, 1.0]]])
    _, membranes = scan(Wired(Cell(sums), weights), arriving)
    assert membranes.tolist() == [[[4, 2]], [[3, 4]]]

    alpha = Cell(DEFINITIONS["alpha"])
    spikes, membranes = scan(Wired(alpha, weights), arriving)
    states = alpha.start(1, 2)
    for step, (exc, inh) in enumerate([([4.0, 4.0], [0.0, 2.0]), ([3.0, 4.0], [0.0, 0.0])]):
        states, spike = alpha(states, exc=torch.tensor([exc]), inh=torch.tensor([inh]))
        assert torch.equal(membranes[step], states["v"]) and torch.equal(spikes[step], spike)

    back = torch.tensor([[0.0, -5.0], [0.5, 0.0]])
    once = Cell(recurrent_lif, decay=1.0)
    spikes, membranes = scan(Wired(once, weights, back), arriving)
    assert spikes.tolist() == [[[1, 1]], [[1, 0]]]
    # 3 - 0 + 0.5 from neuron 1's first spike; 1 - 5 from neuron 0's
    assert membranes.tolist() == [[[3, 1]], [[5.5, 0]]]


def test_a_recurrent_layer_needs_recurrent_weights():
    layer = Wired(Cell(recurrent_lif), torch.zeros(2, 3))
    message = "recurrent_lif takes the layer's own spikes; give the layer recurrent weights"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        scan(layer, torch.zeros(1, 1, 2))
