"""The LIF neuron with an adaptation current: against the paper's own states, and in integers."""

import re

import pytest

from spikewright_hw.fixed import Format
from spikewright_hw.neuron.adlif import adlif, core

from .neurons import agree, at_threshold, driven, of_preset, run, silent, spikes, stored, wide


def published(inputs, *, alpha=0.9, beta=0.98, a=0.1, b=1.0, threshold=1.0):
    """Return the spikes as Bittar and Garner write the neuron: last step's spike is a state."""
    u, w, s, times = 0.0, 0.0, 0, []
    for time, i in enumerate(inputs):
        w = beta * w + a * u + b * threshold * s
        u = alpha * (u - threshold * s) + (1 - alpha) * (i - w)
        s = int(u >= threshold)
        times += [time] * s
    return times


@pytest.mark.parametrize("given", [{}, {"a": -0.01, "b": 0.5}, {"a": 0.5, "threshold": 0.7}])
def test_it_spikes_as_published(rng, given):
    inputs = [rng.uniform(-5, 15) for _ in range(2000)]
    times = published(inputs, **given)
    assert spikes(run(adlif, inputs, **given)) == times
    assert len(times) > 50


def test_a_step_by_hand():
    (step,) = run(adlif, [14.0], states={"v": 0.0, "w": 2.0}, alpha=0.875, a=0.25)
    assert step.spike  # u is 1.5
    assert step.states["v"] == 0.5
    assert step.states["w"] == pytest.approx(0.98 * 2 + 0.25 * 1.5 + 1, rel=1e-12)


def test_it_adapts_to_a_constant_drive():
    for steps in (run(adlif, [12.0] * 100), stored(of_preset("adlif", "q8_8"), [12.0] * 100)):
        times = spikes(steps)
        assert times[0] < 3
        assert len([time for time in times if time < 30]) > len([t for t in times if t >= 70])


def test_all_four_are_trained_within_the_papers_bounds():
    trained = {name: (p.low, p.high) for name, p in adlif.parameters.items() if p.trained}
    assert list(trained) == ["alpha", "beta", "a", "b"]
    assert trained["a"] == (-1, 1)
    assert trained["b"] == (0, 2)


def test_presets_are_silent_at_rest_and_saturate():
    silent("adlif")
    driven("adlif", low=-10.0, rate=0.05)  # adaptation ends what a full drive starts


def test_integers_agree_with_the_equation(rng):
    agree(wide(adlif, a=0.3), rng)


def test_it_spikes_as_it_reaches_its_threshold():
    assert at_threshold("adlif", "threshold") == {True}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"alpha": 0.5}, "adlif.alpha is 0.5; it lies in 0.818731 to 0.960789"),
        ({"beta": 1.0}, "adlif.beta is 1; it lies in 0.967216 to 0.991701"),
        ({"a": 2.0}, "adlif.a is 2; it lies in -1 to 1"),
        ({"b": -1.0}, "adlif.b is -1; it lies in 0 to 2"),
        ({"w": 1.0}, "adlif has no parameter w; it has alpha, beta, a, b, threshold"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        core(format=Format(8, 8), **parameters)
