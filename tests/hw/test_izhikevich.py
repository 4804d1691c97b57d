"""Izhikevich's neuron: rest, published firing patterns, and in integers."""

import re

import pytest

from spikewright_hw.fixed import Format
from spikewright_hw.neuron.izhikevich import core, izhikevich

from .neurons import (
    agree,
    at_threshold,
    driven,
    gaps,
    of_preset,
    products,
    run,
    settled,
    silent,
    spikes,
    stored,
    wide,
)

#: Parameter sets of figure 2 of the paper.
REGULAR = {"a": 0.02, "b": 0.2, "c": -65.0, "d": 8.0}
CHATTERING = {"a": 0.02, "b": 0.2, "c": -50.0, "d": 2.0}
FAST = {"a": 0.1, "b": 0.2, "c": -65.0, "d": 2.0}


def test_steps_by_hand():
    # 0.04 * 3600 - 300 + 140 + 10 + 10 is 4; 0.02 * (0.2 * -60 + 10) is -0.04
    (step,) = run(izhikevich, [10.0], states={"v": -60.0, "u": -10.0})
    assert step.states == pytest.approx({"v": -58.0, "u": -10.02}, rel=1e-12)
    (step,) = run(izhikevich, [0.0], states={"v": 25.0, "u": 0.0})
    assert step.spike  # 25 + 0.5 * (25 + 125 + 140)
    assert step.states == pytest.approx({"v": -65.0, "u": 8.05}, rel=1e-12)


def test_rest_is_a_fixed_point():
    steps = run(izhikevich, [0.0] * 5000)
    assert spikes(steps) == []
    assert steps[-1].states == pytest.approx({"v": -70.0, "u": -14.0}, rel=1e-12)


def test_it_stays_at_rest_in_integers():
    # Four digits of 0.02 are 0.020004, which moves the parabola, and with it the rest, by little.
    assert settled(of_preset("izhikevich", "q8_8")) == pytest.approx(
        {"v": -70.0, "u": -14.0}, abs=0.1
    )


def test_regular_spiking_adapts():
    for steps in (
        run(izhikevich, [10.0] * 1200), stored(of_preset("izhikevich", "q8_8"), [10.0] * 1200)
    ):
        first, *rest = gaps(steps)
        assert rest[-1] > 2 * first
        assert max(rest[1:]) - min(rest[1:]) <= 1  # tonic from then on


def test_rheobase():
    # With u at rest, b v, the parabola 0.04 v^2 + 4.8 v + 140 has its minimum of -4 at -60 mV.
    assert [time for time in spikes(run(izhikevich, [3.6] * 8000)) if time > 2000] == []
    assert len([time for time in spikes(run(izhikevich, [4.4] * 8000)) if time > 2000]) > 5


def test_fast_spiking_is_faster_and_does_not_adapt():
    fast, regular = (gaps(run(izhikevich, [10.0] * 1200, **p)) for p in (FAST, REGULAR))
    assert max(fast[2:]) - min(fast[2:]) <= 2
    assert 2 * fast[-1] < regular[-1]


def test_chattering_bursts():
    between = gaps(run(izhikevich, [10.0] * 1200, **CHATTERING))
    assert min(between) <= 8  # within a burst
    assert max(between[5:]) > 5 * min(between[5:])  # from burst to burst


def test_it_needs_at_most_two_multipliers():
    for preset in ("q8_8", "q8_6"):
        assert products(of_preset("izhikevich", preset).update) <= 2


def test_presets_are_silent_at_rest_and_saturate():
    silent("izhikevich")
    driven("izhikevich", low=-90.0, rate=0.1)


def test_integers_agree_with_the_equation(rng):
    # The coefficient of v^2 is off by less than 2^-24, and the square below 2^14.
    agree(wide(izhikevich, Format(8, 16)), rng, extra=lambda leaves: {"v": 2.0**-10})


def test_it_spikes_as_it_reaches_its_threshold():
    assert at_threshold("izhikevich", "v_peak") == {True}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"a": -0.1}, "izhikevich.a is -0.1; it must be at least 0"),
        ({"dt": 0.0}, "izhikevich.dt is 0; it must be at least 1e-06"),
        ({"tau": 1.0}, "izhikevich has no parameter tau; it has a, b, c, d, v_peak, gain, dt"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        core(format=Format(8, 8), **parameters)
