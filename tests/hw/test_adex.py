"""The adaptive exponential neuron: rest, rheobase, adaptation, and in integers."""

import math
import re

import pytest

from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.fixed import Format
from spikewright_hw.neuron.adex import adex, core

from .neurons import (
    agree,
    at_threshold,
    driven,
    gaps,
    of_preset,
    products,
    run,
    silent,
    spikes,
    stored,
    unlimited,
    wide,
)

#: Of Brette and Gerstner: V_T - E_L and delta_T in mV; a / g_L; tau_m and tau_w in ms.
THETA, DELTA, A, TAU_M, TAU_W = 20.2, 2.0, 4 / 30, 281 / 30, 144.0
#: Exponent at which a step of 1 ms lifts the membrane by twice the peak.
STEEPEST = math.log(2 * 90.6 * TAU_M / DELTA)


def test_a_step_by_hand():
    (step,) = run(adex, [25.0], states={"v": THETA, "w": 3.0})
    assert step.states["v"] == pytest.approx(THETA + (-THETA + DELTA - 3 + 25) / TAU_M, rel=1e-12)
    assert step.states["w"] == pytest.approx(3 + (A * THETA - 3) / TAU_W, rel=1e-12)
    assert not step.spike


def test_a_spike_resets_v_and_lifts_w():
    (step,) = run(adex, [0.0], states={"v": 90.0, "w": 0.0})
    assert step.spike
    assert step.states == pytest.approx({"v": 0.0, "w": A * 90 / TAU_W + 80.5 / 30}, rel=1e-12)


def test_rest_is_a_fixed_point():
    # The upstroke lifts it by less than a ten-thousandth of a millivolt.
    steps = run(adex, [0.0] * 5000)
    assert spikes(steps) == []
    assert all(0 <= step.states["v"] < 1e-4 for step in steps)
    at = steps[-1].states
    (after,) = run(adex, [0.0], states=at)
    assert after.states == pytest.approx(at, rel=1e-9)


@pytest.mark.parametrize("preset", ["q8_8", "q8_6"])
def test_rest_is_a_fixed_point_in_integers(preset):
    fixed = of_preset("adex", preset)
    assert all(step.states == {"v": 0.0, "w": 0.0} for step in stored(fixed, [0.0] * 100))
    for kick in (15.0, -60.0):
        steps = stored(fixed, [kick] * 10 + [0.0] * 1500)
        assert spikes(steps) == []
        assert steps[-1].states["v"] == pytest.approx(0.0, abs=0.3)
        assert steps[-1].states == steps[-100].states


def test_rheobase():
    # With a / g_L > tau_m / tau_w the rest loses its stability in a Hopf bifurcation (Touboul and
    # Brette, Biol. Cybern. 99:319, 2008), here at 627 pA. Below theta - delta_T nothing ever does.
    ratio = TAU_M / TAU_W
    rheobase = (1 + A) * (THETA - DELTA + DELTA * math.log(1 + ratio)) + DELTA * (A - ratio)
    assert 30 * rheobase == pytest.approx(627, abs=1)
    late = [time for time in spikes(run(adex, [0.98 * rheobase] * 4000)) if time >= 1000]
    assert late == []
    late = [time for time in spikes(run(adex, [1.02 * rheobase] * 4000)) if time >= 1000]
    assert len(late) > 5
    assert spikes(run(adex, [0.99 * (THETA - DELTA)] * 4000)) == []


def test_it_adapts_to_a_constant_drive():
    for steps in (run(adex, [30.0] * 600), stored(of_preset("adex", "q8_8"), [30.0] * 600)):
        between = gaps(steps)
        assert between[-1] > 2 * between[0]
        assert between[:4] == sorted(between[:4])


def test_the_limit_of_the_exponent_changes_no_spike():
    free = unlimited(adex, limit=50.0)  # past any peak, and a float does not overflow
    for current in (21.5, 25.0, 30.0, 60.0, 120.0):
        assert spikes(run(free, [current] * 300)) == spikes(run(adex, [current] * 300))


def spikes_of_euler(dt: float) -> int:
    """Count the spikes of 500 ms at 2000 pA, by the paper's equations as they stand there."""
    v, w, count = -70.6, 0.0, 0
    for _ in range(round(500 / dt)):
        up = 30 * 2 * math.exp(min((v + 50.4) / 2, 100.0))
        v, w = (
            v + dt / 281 * (-30 * (v + 70.6) + up - w + 2000),
            w + dt / 144 * (4 * (v + 70.6) - w),
        )
        if v >= 20:
            v, w, count = -70.6, w + 80.5, count + 1
    return count


@pytest.mark.parametrize(("dt", "count"), [(1.0, 44), (0.1, 48), (0.02, 49)])
def test_a_shorter_step_converges_to_the_equation(dt, count):
    assert spikes_of_euler(dt) == count
    drive = [2000 / 30] * round(500 / dt)
    assert len(spikes(run(adex, drive, dt=dt))) == count


def test_a_short_step_converges_in_integers():
    fixed = FixedNeuron.of(adex, Arithmetic(format=Format(8, 8)), {"dt": 0.1})
    assert len(spikes(stored(fixed, [2000 / 30] * 5000))) == spikes_of_euler(0.1) == 48


def test_it_needs_at_most_two_multipliers():
    for preset in ("q8_8", "q8_6"):
        assert products(of_preset("adex", preset).update) <= 3


def test_presets_are_silent_at_rest_and_saturate():
    silent("adex")
    driven("adex", low=-10.0, rate=0.1)


def test_integers_agree_with_the_equation(rng):
    fixed = wide(adex)
    (table,) = fixed.tables
    def extra(leaves):
        x = min(STEEPEST, (leaves["v"] - THETA) / DELTA)
        argument = 2**-18 * math.exp(x)
        off = DELTA / TAU_M * (table.error + argument)
        return {"v": off, "spike": off}

    agree(fixed, rng, extra=extra)


def test_it_spikes_as_it_reaches_its_threshold():
    assert at_threshold("adex", "v_peak", "e_l") == {True}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"g_l": 0.0}, "adex.g_l is 0; it must be at least 1e-06"),
        ({"tau_w": -1.0}, "adex.tau_w is -1; it must be at least 1e-06"),
        (
            {"tau": 1.0},
            (
                "adex has no parameter tau; it has "
                "c, g_l, e_l, v_t, delta_t, a, b, tau_w, v_reset, v_peak, gain, dt"
            ),
        ),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        core(format=Format(8, 8), **parameters)
