"""Neurons of the frameworks in gateware: what an engine does equals the integers, and PyTorch."""

import numpy as np
import pytest
import torch

from spikewright.device.simulation import simulate
from spikewright.exchange.from_torch import from_torch
from spikewright.gateware.design import run_reference
from spikewright.job.compare import compare
from spikewright.network.activity import network_activity
from spikewright.network.post_training import quantize

from .frameworks import CASES, INPUTS

STEPS = 6
#: One of each framework and of each sort of readout; the others are slow by their number.
QUICK = {
    "snntorch_Leaky_": "count", "spikingjelly_LIFNode_": "first", "norse_LIFCell": "count",
}


def check(case, readout: str) -> None:
    example = torch.zeros((STEPS, 1, INPUTS) if case.sequence else (1, INPUTS))
    steps = None if case.sequence else STEPS
    real = from_torch(case.network(seed=0), example, steps=steps, readout=readout)
    spikes = np.random.default_rng(0).random((40, STEPS, INPUTS)) < 0.3
    network = quantize(real, spikes).network
    few = spikes[:3]
    expected = run_reference(network, few)
    answers = simulate(network, few)
    with torch.no_grad():
        torch_predictions = network_activity(network, torch.from_numpy(few).float()).predictions
    comparison = compare(answers, expected, torch_predictions=torch_predictions.numpy())
    assert comparison.equal, comparison.mismatches
    assert expected.outputs.any()


def chosen(quick: bool) -> list:
    names = {name: next(c.name for c in CASES if c.name.startswith(name)) for name in QUICK}
    return [case for case in CASES if (case.name in names.values()) == quick]


@pytest.mark.parametrize("case", chosen(True), ids=lambda case: case.name)
def test_an_imported_neuron_is_exact_in_gateware(case):
    check(case, next(r for name, r in QUICK.items() if case.name.startswith(name)))


@pytest.mark.slow
@pytest.mark.parametrize("case", chosen(False), ids=lambda case: case.name)
def test_each_imported_neuron_is_exact_in_gateware(case):
    check(case, "count" if case.spikes else "maximum")
