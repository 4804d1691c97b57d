"""The two-compartment LIF neuron: by hand, its memory, and in integers."""

import math
import re

import pytest

from spikewright_hw.fixed import Format
from spikewright_hw.neuron.lif import lif
from spikewright_hw.neuron.tc_lif import core, tc_lif

from .neurons import agree, at_threshold, driven, run, silent, wide


def test_steps_by_hand():
    # Both gates are a half.
    steps = run(tc_lif, [0.5, 0.0, 2.0])
    assert steps == [
        ({"dendrite": 0.5, "v": 0.25}, False),
        ({"dendrite": 0.375, "v": 0.4375}, False),
        ({"dendrite": 2.15625 - 0.5, "v": 1.515625 - 1}, True),
    ]


def test_the_gates_are_sigmoids():
    up = math.log(3)  # sigmoid is three quarters
    (step,) = run(tc_lif, [0.0], states={"dendrite": 1.0, "v": 0.4}, c1=up, c2=-up)
    assert step.states["dendrite"] == pytest.approx(1 - 0.75 * 0.4, rel=1e-12)
    assert step.states["v"] == pytest.approx(0.4 + 0.25 * 0.7, rel=1e-12)
    assert [name for name, p in tc_lif.parameters.items() if p.trained] == ["c1", "c2"]


def test_it_remembers_an_input_longer_than_a_leak_would():
    # Its two compartments exchange what they hold: nothing leaks away by itself.
    quiet = [0.1, *[0.0] * 300]
    tail = [abs(step.states["v"]) for step in run(tc_lif, quiet)[-20:]]
    assert max(tail) > 0.04
    assert max(abs(step.states["v"]) for step in run(lif, quiet)[-20:]) < 1e-15


def test_presets_are_silent_at_rest_and_saturate():
    silent("tc_lif")
    driven("tc_lif", low=0.0, rate=1.0)


def test_integers_agree_with_the_equation(rng):
    agree(wide(tc_lif, c1=0.3, c2=-0.7, gamma=0.3, threshold=1.1), rng)


def test_it_spikes_as_it_reaches_its_threshold():
    assert at_threshold("tc_lif", "threshold") == {True}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"gamma": 128.0}, "tc_lif.gamma is 128; a Q8.8 level lies in -128 to 127.996"),
        ({"beta": 0.5}, "tc_lif has no parameter beta; it has c1, c2, gamma, threshold"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        core(format=Format(8, 8), **parameters)
