"""Each neuron of each framework against its definition, in float64: the same spikes."""

import numpy as np
import pytest
import torch

from spikewright.exchange.from_torch import from_torch
from spikewright.network.real_run import run_real

from .frameworks import CASES, INPUTS, NEURONS, Case, in_double, outputs

SEEDS = (0, 1)
STEPS = 60


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_spikes_are_the_frameworks(case: Case):
    sequence = case.sequence
    for seed in SEEDS:
        print(f"seed {seed}")
        module = case.network(seed)
        shape = (STEPS, 2, INPUTS) if sequence else (2, INPUTS)
        network = from_torch(
            module, torch.zeros(shape), readout="count" if case.spikes else "last",
            steps=None if sequence else STEPS,
        )
        spikes = np.random.default_rng(seed).random((4, STEPS, INPUTS)) < 0.4
        expected = outputs(in_double(module), spikes, sequence=sequence)
        run = run_real(network, spikes)
        assert expected.shape == (4, STEPS, NEURONS)
        if not case.spikes:
            np.testing.assert_allclose(run.states[-1]["v"], expected, rtol=1e-6, atol=1e-6)
            continue
        assert 0.01 < (expected != 0).mean() < 0.99
        np.testing.assert_array_equal(run.spikes[-1], expected != 0)
