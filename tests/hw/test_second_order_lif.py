"""The second-order LIF neuron: its kernel, by hand, and in integers."""

import math
import re

import pytest

from spikewright_hw.fixed import Format
from spikewright_hw.neuron.cuba_lif import cuba_lif
from spikewright_hw.neuron.second_order_lif import core, second_order_lif

from .neurons import agree, at_threshold, driven, run, silent, spikes, wide


def test_steps_by_hand():
    # All decays are a half.
    halves = dict.fromkeys(("tau_rise", "tau_syn", "tau_mem"), 1 / math.log(2))
    steps = run(second_order_lif, [1.0, 0.0, 0.0], **halves)
    wanted = {"rise": [0.5, 0.25, 0.125], "current": [0.5] * 2 + [0.375], "v": [0.5, 0.75, 0.75]}
    for name, values in wanted.items():
        assert [step.states[name] for step in steps] == pytest.approx(values, rel=1e-12)


def test_the_current_after_a_spike_is_a_difference_of_exponentials():
    a, b = math.exp(-1 / 2), math.exp(-1 / 4)
    steps = run(second_order_lif, [0.01, *[0.0] * 30])
    for n, step in enumerate(steps):
        wanted = 0.01 * (1 - a) * (b ** (n + 1) - a ** (n + 1)) / (b - a)
        assert step.states["current"] == pytest.approx(wanted, rel=1e-9)


def test_the_current_rises_where_that_of_the_cuba_lif_falls():
    inputs = [0.01, *[0.0] * 10]
    second = [step.states["current"] for step in run(second_order_lif, inputs)]
    first = [step.states["current"] for step in run(cuba_lif, inputs, tau_syn=4.0)]
    assert first.index(max(first)) == 0
    assert second.index(max(second)) == 2


def test_in_the_end_both_carry_the_same_charge():
    inputs = [0.01, *[0.0] * 400]
    second = run(second_order_lif, inputs)
    first = run(cuba_lif, inputs, tau_syn=4.0)
    charge = [sum(step.states["current"] for step in steps) for steps in (second, first)]
    assert charge[0] == pytest.approx(charge[1], rel=1e-9)


def test_threshold_and_reset():
    steps = run(second_order_lif, [0.0], states={"rise": 0.0, "current": 0.0, "v": 2.0})
    assert spikes(steps) == [0]
    assert steps[0].states["v"] == pytest.approx(2 * math.exp(-0.1) - 1, rel=1e-12)


def test_presets_are_silent_at_rest_and_saturate():
    silent("second_order_lif")
    driven("second_order_lif", low=0.0, rate=1.0)


def test_integers_agree_with_the_equation(rng):
    agree(wide(second_order_lif, threshold=1.1), rng)


def test_it_spikes_as_it_reaches_its_threshold():
    assert at_threshold("second_order_lif", "threshold") == {True}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"tau_rise": 0.0}, "second_order_lif.tau_rise is 0; it must be at least 1e-06"),
        ({"tau": 5.0},
         "second_order_lif has no parameter tau; it has tau_rise, tau_syn, tau_mem, threshold, dt"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        core(format=Format(8, 8), **parameters)
