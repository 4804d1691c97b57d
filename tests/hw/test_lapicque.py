"""Lapicque's neuron: by hand, its published curve, and in integers."""

import math
import re

import pytest

from spikewright_hw.fixed import Format
from spikewright_hw.neuron.lapicque import core, lapicque

from .neurons import agree, at_threshold, driven, run, silent, spikes, wide


def test_the_charging_curve():
    # R i (1 - exp(-t / RC)), with RC = 5 ms and R i = 0.5, below the threshold
    steps = run(lapicque, [0.1] * 50)
    for time, step in enumerate(steps, start=1):
        assert step.states["v"] == pytest.approx(0.5 * (1 - math.exp(-time / 5)), rel=1e-12)


def test_half_a_step_twice_is_a_step():
    once = run(lapicque, [0.15], states={"v": 0.3})
    twice = run(lapicque, [0.15, 0.15], states={"v": 0.3}, dt=0.5)
    assert twice[-1].states["v"] == pytest.approx(once[-1].states["v"], rel=1e-12)


@pytest.mark.parametrize("current", [0.21, 0.3, 1.0])
def test_the_time_to_a_spike(current):
    # Lapicque's law of excitation: RC ln(Ri / (Ri - threshold)), and the rheobase is 1/R.
    time = 5 * math.log(5 * current / (5 * current - 1))
    assert spikes(run(lapicque, [current] * 20))[0] == math.ceil(time) - 1
    assert spikes(run(lapicque, [0.1999] * 1000)) == []


def test_a_spike_discharges_it():
    assert run(lapicque, [20.0]) == [({"v": 0}, True)]


def test_presets_are_silent_at_rest_and_saturate():
    silent("lapicque")
    driven("lapicque", low=0.0, rate=1.0)


def test_integers_agree_with_the_equation(rng):
    agree(wide(lapicque, resistance=3.0, capacitance=2.0, threshold=1.1), rng)


def test_it_spikes_as_it_reaches_its_threshold():
    assert at_threshold("lapicque", "threshold") == {True}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"resistance": 0.0}, "lapicque.resistance is 0; it must be at least 1e-06"),
        ({"dt": -1.0}, "lapicque.dt is -1; it must be at least 1e-06"),
        ({"tau": 5.0},
         "lapicque has no parameter tau; it has resistance, capacitance, threshold, dt"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        core(format=Format(8, 8), **parameters)
