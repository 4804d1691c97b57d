"""The complementary LIF neuron: by hand, what it is for, and in integers."""

import math
import re
from itertools import pairwise

import pytest

from spikewright_hw.fixed import Format
from spikewright_hw.neuron.clif import clif, core

from .neurons import agree, at_threshold, driven, of_preset, run, silent, spikes, stored, wide


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def test_steps_by_hand():
    first, second = run(clif, [0.5, 1.75])
    assert first == ({"v": 0.5, "m": 0.0}, False)
    assert second.spike  # u is 2
    assert second.states["m"] == 1.0
    assert second.states["v"] == pytest.approx(2 - 1 - sigmoid(1), rel=1e-12)
    (third,) = run(clif, [0.0], states=second.states)
    u = second.states["v"] / 2
    assert third.states == pytest.approx({"v": u, "m": sigmoid(u / 2)}, rel=1e-12)


def test_each_spike_takes_more_than_the_one_before():
    steps = run(clif, [2.0] * 5)
    assert spikes(steps) == [0, 1, 2, 3, 4]
    v = [0.0, *(step.states["v"] for step in steps)]
    taken = [0.5 * before + 2.0 - after for before, after in pairwise(v)]
    assert taken == sorted(taken)
    assert taken[0] == pytest.approx(1 + sigmoid(1), rel=1e-12)


def test_another_threshold_scales_it(rng):
    inputs = [rng.uniform(-0.5, 1.5) for _ in range(200)]
    one = run(clif, inputs)
    four = run(clif, [4 * i for i in inputs], threshold=4.0)  # exact: a power of two
    assert [4 * step.states["v"] for step in one] == [step.states["v"] for step in four]
    assert spikes(one) == spikes(four) != []


def test_the_complementary_potential_fades_in_integers():
    steps = stored(of_preset("clif", "q8_8"), [1.0, *[0.0] * 30])
    assert spikes(steps) == [0]
    assert steps[-1].states["m"] == 0.0


def test_presets_are_silent_at_rest_and_saturate():
    silent("clif")
    driven("clif", low=0.0, rate=1.0)


def test_integers_agree_with_the_equation(rng):
    fixed = wide(clif, tau=3.0, threshold=1.1)
    error = max(table.error for table in fixed.tables)

    def extra(leaves):
        m = abs(leaves["m"]) * (error + 2**-20)
        return {"m": m, "v": 1.1 * (error + m / 4 + 2**-20)}

    assert error < 0.005
    agree(fixed, rng, extra=extra)


def test_it_spikes_as_it_reaches_its_threshold():
    assert at_threshold("clif", "threshold") == {True}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"tau": 0.5}, "clif.tau is 0.5; it must be at least 1"),
        ({"threshold": 0.0}, "clif.threshold is 0; it must be at least 1e-06"),
        ({"gamma": 0.5}, "clif has no parameter gamma; it has tau, threshold"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        core(format=Format(8, 8), **parameters)
