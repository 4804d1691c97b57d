"""What the tests of a generated neuron are driven by: it spikes where it is to, and only there."""

import warnings

import pytest

from bench.neuron import PATIENCE, driving
from spikewright.equations import Specification
from spikewright.equations.compile import Compiled
from spikewright.errors import SpikewrightWarning
from spikewright.scaffold.neuron_text import SHORT, points
from spikewright_hw.definition import integers, reals
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.fixed import Format

from ..equations.literature import LITERATURE


@pytest.mark.parametrize("name", LITERATURE)
def test_of_a_model_from_the_literature(name):
    with warnings.catch_warnings():  # a map overshoots by intent, and warns
        warnings.simplefilter("ignore", SpikewrightWarning)
        compiled = Compiled.of(Specification(name=name, **LITERATURE[name]))
    definition = compiled.definition
    parameters = {key: one.default for key, one in definition.parameters.items()}
    short = parameters | {"dt": SHORT * parameters["dt"]}
    found = points(compiled)
    assert len(found) >= 3
    for states, current, slopes in found:
        after, spike = reals.step(definition, states, {"i": current}, short)
        assert not spike
        for state, slope in slopes.items():
            moved = (after[state] - states[state]) / short["dt"]
            assert moved == pytest.approx(slope, rel=1e-3, abs=1e-4)

    fixed = FixedNeuron.of(definition, Arithmetic(format=Format(8, 8)))
    current, steps = driving(fixed)
    states, spikes = integers.start(fixed), []
    for _ in range(steps):
        states, spike = integers.step(fixed, states, {"i": current})
        spikes.append(spike)
    assert not definition.spikes or (steps <= PATIENCE and spikes[-1] and sum(spikes) == 1)
