"""The rules of the arithmetic, on all neurons: a second reference, vectors, extreme parameters."""

import random

import pytest

from spikewright_hw.definition import integers
from spikewright_hw.definition.definition import Parameter
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.fixed import Format
from spikewright_hw.neuron import DEFINITIONS

from .by_hand import NEURONS, Reference

FORMATS = (Format(8, 8), Format(8, 4), Format(5, 3), Format(9, 2))


def arithmetic(rng: random.Random, format: Format) -> Arithmetic:
    """Draw all but the format."""
    return Arithmetic(
        format=format,
        rounding=rng.choice(["half_up", "floor"]),
        saturation=rng.choice(["full", "symmetric", "positive"]),
        digits=rng.choice([2, 3, 4, 4, 4]),
    )


def near(rng: random.Random, parameter: Parameter, format: Format) -> float:
    """Draw a value around a parameter's default, off any grid as often as on it."""
    value = rng.choice([parameter.default, parameter.default * rng.uniform(0.5, 2)])
    if parameter.unit == "level":
        return max(rng.choice([value, 3.0]), 2.0**-format.fraction)
    low = value if parameter.low is None else parameter.low
    high = value if parameter.high is None else parameter.high
    return max(low, min(high, value))


def drawn(rng: random.Random, fixed: FixedNeuron) -> tuple[dict[str, int], dict[str, int]]:
    """Draw states within their bounds, and inputs, small ones often."""
    states = {
        name: max(low, rng.randint(low, high) >> rng.choice([0, 2, 5]))
        for name, (low, high) in fixed.bounds.items()
    }
    form = fixed.format
    inputs = {
        name: rng.randint(form.min, form.max) >> rng.choice([0, 2, 5])
        for name in fixed.definition.inputs
    }
    return states, inputs


def test_all_neurons_are_there_by_hand():
    assert list(NEURONS) == list(DEFINITIONS)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_reference_by_hand_agrees_in_every_step(name, rng):
    spikes = 0
    for format in FORMATS * 2:
        definition = DEFINITIONS[name]
        given = {word: near(rng, p, format) for word, p in definition.parameters.items()}
        fixed = FixedNeuron.of(definition, arithmetic(rng, format), given)
        reference = Reference(fixed)
        for _ in range(40):
            states, inputs = drawn(rng, fixed)
            after, spike = integers.step(fixed, states, inputs)
            assert (after, spike) == reference.step(states, inputs), (fixed, states, inputs)
            spikes += spike
    assert spikes or not DEFINITIONS[name].spikes


@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_value_for_each_neuron_means_what_it_means_for_one(name, rng):
    definition = DEFINITIONS[name]
    for format in FORMATS:
        given = {}
        for word, parameter in definition.parameters.items():
            one, other = (near(rng, parameter, format) for _ in range(2))
            given[word] = rng.choice([(one, one, one), (one, other, one), one])
        form = arithmetic(rng, format)
        vector = FixedNeuron.of(definition, form, given)
        for neuron in range(3):
            own = {word: x[neuron] if isinstance(x, tuple) else x for word, x in given.items()}
            scalar = FixedNeuron.of(definition, form, own)
            assert integers.start(vector, neuron=neuron) == integers.start(scalar)
            for _ in range(40):
                states, inputs = drawn(rng, vector)
                expected = integers.step(scalar, states, inputs)
                assert integers.step(vector, states, inputs, neuron=neuron) == expected, (own, form)
