"""The LIF neuron with alpha synapses: its kernel, by hand, and in integers."""

import math
import re

import pytest

from spikewright_hw.definition.definition import Input
from spikewright_hw.fixed import Format
from spikewright_hw.neuron.alpha import alpha, core

from .neurons import agree, at_threshold, driven, of_preset, run, silent, spikes, stored, wide

NOTHING = {"exc": 0.0, "inh": 0.0}


def test_its_inputs_are_sorted_by_sign():
    assert alpha.inputs == {"exc": Input("excitatory"), "inh": Input("inhibitory")}


@pytest.mark.parametrize(("side", "current", "tau"), [("exc", "i_exc", 3), ("inh", "i_inh", 5)])
def test_the_current_after_a_spike_is_an_alpha_function(side, current, tau):
    steps = run(alpha, [NOTHING | {side: 0.25}, *[NOTHING] * 40], tau_exc=3.0, tau_inh=5.0)
    trace = [step.states[current] for step in steps]
    for time, value in enumerate(trace):
        assert value == pytest.approx(0.25 * time / tau * math.exp(1 - time / tau), rel=1e-9)
    assert trace.index(max(trace)) == tau
    assert max(trace) == pytest.approx(0.25, rel=1e-12)  # the weight


def test_inhibition_mirrors_excitation():
    excited = run(alpha, [NOTHING | {"exc": 0.1}, *[NOTHING] * 20])
    inhibited = run(alpha, [NOTHING | {"inh": 0.1}, *[NOTHING] * 20])
    v = [step.states["v"] for step in excited]
    assert [-step.states["v"] for step in inhibited] == v
    both = run(alpha, [{"exc": 0.1, "inh": 0.1}, *[NOTHING] * 20])
    assert [step.states["v"] for step in both] == [0.0] * 21


def test_threshold_and_reset():
    at_rest = dict.fromkeys(alpha.states, 0.0)
    above = {"v": 2.0 * math.exp(0.1)}
    (step,) = run(alpha, [NOTHING], states=at_rest | above)
    assert step.spike
    assert step.states["v"] == pytest.approx(1.0, rel=1e-12)


def test_a_kernel_peaks_at_its_time_constant_in_integers_too():
    fixed = of_preset("alpha", "q8_8")
    steps = stored(fixed, [NOTHING | {"exc": 0.5}, *[NOTHING] * 20])
    trace = [step.states["i_exc"] for step in steps]
    assert trace.index(max(trace)) == 2
    assert max(trace) == pytest.approx(0.5, abs=3 / 256)


def test_presets_are_silent_at_rest_and_saturate():
    silent("alpha")
    driven("alpha", low=0.0, rate=0.99, inh=0.0)  # nothing has arrived in the first step
    fixed = of_preset("alpha", "q8_8")
    assert spikes(stored(fixed, [{"exc": 0.0, "inh": 127.0}] * 100)) == []


def test_integers_agree_with_the_equation(rng):
    agree(wide(alpha, tau_inh=5.0, threshold=1.1), rng)


def test_it_spikes_as_it_reaches_its_threshold():
    assert at_threshold("alpha", "threshold") == {True}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"tau_exc": 0.0}, "alpha.tau_exc is 0; it must be at least 1e-06"),
        ({"tau": 5.0},
         "alpha has no parameter tau; it has tau_exc, tau_inh, tau_mem, threshold, dt"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        core(format=Format(8, 8), **parameters)
