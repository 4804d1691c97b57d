"""The LIF neuron with an adaptive threshold: against the paper's own states, and in integers."""

import math
import re

import pytest

from spikewright_hw.fixed import Format
from spikewright_hw.neuron.alif import alif, core

from .neurons import agree, at_threshold, driven, of_preset, run, silent, spikes, stored, wide


def published(inputs, *, tau_m=20.0, tau_a=200.0, beta=0.184, threshold=1.6):
    """Return the spikes as Bellec et al. write the neuron, with last step's spike as a state."""
    alpha, rho = math.exp(-1 / tau_m), math.exp(-1 / tau_a)
    v, a, z, times = 0.0, 0.0, 0, []
    for time, i in enumerate(inputs):
        v = alpha * v + i - z * threshold
        a = rho * a + z
        z = int(v >= threshold + beta * a)
        times += [time] * z
    return times


def test_it_spikes_as_published(rng):
    inputs = [rng.uniform(-0.5, 1.5) for _ in range(2000)]
    times = published(inputs)
    assert spikes(run(alif, inputs)) == times
    assert len(times) > 100


def test_a_step_by_hand():
    (step,) = run(alif, [2.0], states={"v": 0.0, "a": 2.0})
    assert step.spike  # 2 is more than 1.6 + 0.184 * 2
    assert step.states["v"] == pytest.approx(2 - 1.6 * math.exp(1 / 20), rel=1e-12)
    assert step.states["a"] == pytest.approx(2 * math.exp(-1 / 200) + 1, rel=1e-12)
    (step,) = run(alif, [1.9], states={"v": 0.0, "a": 2.0})
    assert not step.spike


def test_it_adapts_to_a_constant_drive():
    for steps in (run(alif, [0.5] * 400), stored(of_preset("alif", "q8_8"), [0.5] * 400)):
        early, late = (len(spikes(part)) for part in (steps[:50], steps[-50:]))
        assert 2 * early >= 3 * late > 0


def test_adaptation_fades_to_nothing_in_integers():
    # It stays where rounding takes no more of it; without guard bits, that would be 0.39.
    steps = stored(of_preset("alif", "q8_8"), [2.0, *[0.0] * 2000])
    assert spikes(steps) == [0]
    assert abs(steps[-1].states["a"]) < 0.002


def test_presets_are_silent_at_rest_and_saturate():
    silent("alif")
    driven("alif", low=0.0, rate=1.0)


def test_integers_agree_with_the_equation(rng):
    agree(wide(alif), rng)


def test_it_spikes_as_it_reaches_its_threshold():
    assert at_threshold("alif", "threshold", a=0) == {True}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"tau_a": 0.0}, "alif.tau_a is 0; it must be at least 1e-06"),
        ({"beta": -0.1}, "alif.beta is -0.1; it must be at least 0"),
        ({"rho": 0.9}, "alif has no parameter rho; it has tau_m, tau_a, beta, threshold, dt"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        core(format=Format(8, 8), **parameters)
