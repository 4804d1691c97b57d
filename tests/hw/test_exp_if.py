"""The exponential integrate-and-fire neuron: rest, rheobase, upstroke, and in integers."""

import math
import re

import pytest

from spikewright_hw.fixed import Format
from spikewright_hw.neuron.exp_if import core, exp_if

from .neurons import (
    agree,
    at_threshold,
    driven,
    of_preset,
    run,
    settled,
    silent,
    spikes,
    stored,
    unlimited,
    wide,
)

#: V_T - V_rest and delta_T of Fourcaud-Trocme et al., in mV.
THETA, DELTA = 5.1, 3.48
#: Exponent at which a step of 1 ms lifts the membrane by twice the peak.
STEEPEST = math.log(2 * 35 * 10 / DELTA)


def drive(v):
    """Return leak and upstroke, the right side of the equation without input."""
    return -v + DELTA * math.exp((v - THETA) / DELTA)


def rest():
    """Return where leak and upstroke balance, below the threshold, by Newton's method."""
    v = 0.0
    for _ in range(50):
        v -= drive(v) / (-1 + math.exp((v - THETA) / DELTA))
    return v


def test_a_step_by_hand():
    (step,) = run(exp_if, [2.0], states={"v": THETA})
    assert step.states["v"] == pytest.approx(THETA + 0.1 * (-THETA + DELTA + 2), rel=1e-12)
    (step,) = run(exp_if, [0.0], states={"v": 35.0})
    assert step == ({"v": -3.0}, True)


def test_rest_is_a_fixed_point():
    (step,) = run(exp_if, [0.0], states={"v": rest()})
    assert step.states["v"] == pytest.approx(rest(), rel=1e-12)
    assert 1.0 < rest() < 1.2
    steps = run(exp_if, [0.0] * 2000)
    assert spikes(steps) == []
    assert steps[-1].states["v"] == pytest.approx(rest(), rel=1e-9)


@pytest.mark.parametrize(("preset", "at"), [("q8_8", rest()), ("q8_6", 0.0135)])
def test_it_comes_to_rest_in_integers(preset, at):
    # It stops where a step moves it by less than the format tells apart, at a drive of 10 or 12
    # such steps; the coefficients' rounding comes on top.
    fixed = of_preset("exp_if", preset)
    slope = 1 - math.exp((at - THETA) / DELTA)
    dead = 12 * 2.0**-fixed.format.fraction / slope
    assert settled(fixed)["v"] == pytest.approx(at, abs=dead + 0.02 * at / slope)


def test_rheobase():
    # The drive is least at the threshold, where it is -(V_T - V_rest) + delta_T.
    rheobase = THETA - DELTA
    assert spikes(run(exp_if, [0.98 * rheobase] * 2000)) == []
    assert len(spikes(run(exp_if, [1.02 * rheobase] * 2000))) > 3
    fixed = of_preset("exp_if", "q8_8")
    assert spikes(stored(fixed, [0.9 * rheobase] * 2000)) == []
    assert len(spikes(stored(fixed, [1.2 * rheobase] * 2000))) > 5


def test_the_limit_of_the_exponent_changes_no_spike():
    free = unlimited(exp_if, limit=12.0)  # past any peak, and a float does not overflow
    for current in (1.7, 2.0, 3.0, 5.0, 10.0, 20.0, 60.0):
        assert spikes(run(free, [current] * 300)) == spikes(run(exp_if, [current] * 300))


def test_a_short_step_reaches_the_peak_as_the_equation_does():
    free = unlimited(exp_if, limit=12.0)
    for dt, i in ((0.1, 3.0), (0.02, 20.0)):
        drive = [i] * round(60 / dt)
        assert spikes(run(exp_if, drive, dt=dt)) == spikes(run(free, drive, dt=dt)) != []


def test_presets_are_silent_at_rest_and_saturate():
    silent("exp_if")
    driven("exp_if", low=-3.0, rate=0.2)


def test_integers_agree_with_the_equation(rng):
    fixed = wide(exp_if)
    (table,) = fixed.tables
    def extra(leaves):
        x = min(STEEPEST, (leaves["v"] - THETA) / DELTA)
        argument = 2**-18 * math.exp(x)
        off = 0.1 * DELTA * (table.error + argument)
        return {"v": off, "spike": off}

    agree(fixed, rng, extra=extra)


def test_it_spikes_as_it_reaches_its_threshold():
    assert at_threshold("exp_if", "v_peak", "v_rest") == {True}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"delta_t": 0.0}, "exp_if.delta_t is 0; it must be at least 0.01"),
        ({"tau": 0.0}, "exp_if.tau is 0; it must be at least 1e-06"),
        ({"a": 1.0},
         "exp_if has no parameter a; it has tau, v_rest, v_t, delta_t, v_reset, v_peak, gain, dt"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        core(format=Format(8, 8), **parameters)
