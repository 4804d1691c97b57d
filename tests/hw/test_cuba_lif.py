"""The current-based LIF neuron: by hand, and in integers."""

import math
import re

import pytest

from spikewright_hw.fixed import Format
from spikewright_hw.neuron.cuba_lif import core, cuba_lif

from .neurons import agree, at_threshold, driven, run, silent, spikes, wide

HALVES = {"tau_syn": 1 / math.log(2), "tau_mem": 1 / math.log(2)}


def test_steps_by_hand():
    # Both decays are a half.
    steps = run(cuba_lif, [0.5, 0.0, 0.0, 1.0], **HALVES)
    current = [0.5, 0.25, 0.125, 1.0625]
    v = [0.5, 0.5, 0.375, 1.25 - 1.0]
    assert [step.states["current"] for step in steps] == pytest.approx(current, rel=1e-12)
    assert [step.states["v"] for step in steps] == pytest.approx(v, rel=1e-12)
    assert spikes(steps) == [3]


def test_a_spike_leaves_the_current_alone():
    (step,) = run(cuba_lif, [3.0], states={"v": 0.0, "current": 0.0})
    assert step == ({"v": 2.0, "current": 3.0}, True)


def test_the_response_to_a_spike_is_a_difference_of_exponentials():
    alpha, beta = math.exp(-1 / 5), math.exp(-1 / 10)
    steps = run(cuba_lif, [0.01, *[0.0] * 40])
    for n, step in enumerate(steps):
        wanted = 0.01 * (beta ** (n + 1) - alpha ** (n + 1)) / (beta - alpha)
        assert step.states["v"] == pytest.approx(wanted, rel=1e-9)


def test_presets_are_silent_at_rest_and_saturate():
    silent("cuba_lif")
    driven("cuba_lif", low=0.0, rate=1.0)


def test_integers_agree_with_the_equation(rng):
    agree(wide(cuba_lif, threshold=1.1), rng)


def test_it_spikes_as_it_reaches_its_threshold():
    assert at_threshold("cuba_lif", "threshold") == {True}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"tau_syn": 0.0}, "cuba_lif.tau_syn is 0; it must be at least 1e-06"),
        ({"tau_mem": -5.0}, "cuba_lif.tau_mem is -5; it must be at least 1e-06"),
        ({"tau": 5.0}, "cuba_lif has no parameter tau; it has tau_syn, tau_mem, threshold, dt"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        core(format=Format(8, 8), **parameters)
