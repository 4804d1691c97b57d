"""Neurons driven by counts, on arrays: equal to the cores' references."""

import numpy as np
import pytest

from spikewright.errors import DataError
from spikewright.stochastic_models import neurons
from spikewright_hw.definition import integers
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.fixed import Format
from spikewright_hw.neuron import DEFINITIONS
from spikewright_hw.stochastic.neuron import integrate_and_fire, windowed_neuron


@pytest.fixture
def rng() -> np.random.Generator:
    seed = int(np.random.default_rng().integers(1 << 32))
    print(f"seed {seed}")
    return np.random.default_rng(seed)


def fixed(name: str, form: Format, **parameters) -> FixedNeuron:
    return FixedNeuron.of(DEFINITIONS[name], Arithmetic(format=form), parameters)


CORES = {
    "if": fixed("if_neuron", Format(7, 0), threshold=8.0),
    "narrow": fixed("if_neuron", Format(5, 0), threshold=3.0),
    "lif": fixed("lif", Format(6, 4), decay=0.9375, threshold=6.0),
    "lanes": fixed("lif", Format(6, 4), threshold=(5.0, 9.0, 30.0)),
}


@pytest.mark.parametrize("name", CORES)
def test_integrate_and_fire_equals_the_core(rng, name):
    counts = rng.integers(-8, 16, (4, 3, 200)) >> rng.integers(0, 3, (4, 3, 1))
    made = neurons.integrate_and_fire(CORES[name], counts)
    for sample in range(4):
        states = [integers.start(CORES[name], neuron=lane) for lane in range(3)]
        for t in range(200):
            row = counts[sample, :, t].tolist()
            states, spikes = integrate_and_fire.step(CORES[name], states, row)
            assert made[sample, :, t].tolist() == [spikes >> lane & 1 for lane in range(3)]


def test_a_run_alone_is_a_batch_of_one(rng):
    counts = rng.integers(-8, 16, 100)
    alone = neurons.integrate_and_fire(CORES["lif"], counts)
    np.testing.assert_array_equal(
        alone, neurons.integrate_and_fire(CORES["lif"], counts[None])[0]
    )


def test_the_rate_is_a_relu_that_clips_at_one(rng):
    """Off by the membrane over threshold and length, which a wide membrane shows: 2**-5 of it."""
    wide = fixed("if_neuron", Format(14, 0), threshold=8.0)
    counts = rng.integers(-8, 24, (50, 1)) + rng.integers(-4, 5, (50, 512))
    rates = neurons.integrate_and_fire(wide, counts).mean(axis=-1)
    mean = counts.mean(axis=-1)
    steady = (np.abs(mean) > 1) & (np.abs(mean - 8) > 1)  # so that the membrane is soon sure
    bound = 1 / 32
    assert np.all(np.abs(rates - np.clip(mean / 8, 0, 1))[steady] <= bound)
    assert steady.sum() > 10


@pytest.mark.parametrize("shift", [-6, -2, 0, 3])
@pytest.mark.parametrize("name", ["if_neuron", "lif", "lif_refractory", "li"])
def test_windowed_neuron_equals_the_core(rng, name, shift):
    neuron = fixed(name, Format(5, 3))
    counts = rng.integers(-8, 16, (3, 2, 30 * 8 + 5)) >> rng.integers(0, 3, (3, 2, 1))
    made = neurons.windowed_neuron(neuron, counts, length=8, shift=shift)
    (source,) = neuron.definition.inputs
    for at in np.ndindex(3, 2):
        states = integers.start(neuron)
        for window in range(30):
            total = int(counts[at][8 * window : 8 * window + 8].sum())
            given = windowed_neuron.current(total, shift=shift, format=neuron.format)
            states, spike = integers.step(neuron, states, {source: given})
            if neuron.definition.spikes:
                assert made["spike"][*at, window] == spike
            for state, value in states.items():
                assert made[state][*at, window] == value
    assert all(values.shape == (3, 2, 30) for values in made.values())


def test_too_wide_for_arrays():
    message = (
        r"^lif with a Q40\.20 membrane computes with integers of \d+ bits; arrays have 63, "
        r"so choose a narrower membrane$"
    )
    with pytest.raises(DataError, match=message):
        neurons.integrate_and_fire(fixed("lif", Format(40, 20)), np.ones((1, 4), np.int64))
