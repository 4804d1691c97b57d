"""The parametric LIF neuron: by hand, and in integers."""

import math
import re

import pytest

from spikewright_hw.fixed import Format
from spikewright_hw.neuron.plif import core, plif

from .neurons import agree, at_threshold, driven, run, silent, wide


@pytest.mark.parametrize(
    ("v", "i", "after", "spike"),
    [
        (0.5, 0.0, 0.25, False),  # sigmoid(0) is a half
        (0.5, 1.0, 0.75, False),
        (0.5, 1.5, 0.0, True),  # the threshold is enough, and the reset goes to v_reset
        (0.5, 9.0, 0.0, True),
        (0.0, -1.0, -0.5, False),
    ],
)
def test_a_step_by_hand(v, i, after, spike):
    assert run(plif, [i], states={"v": v}) == [({"v": after}, spike)]


@pytest.mark.parametrize("tau", [2.0, 4.0, 20.0])
def test_sigmoid_of_w_is_the_inverse_time_constant(tau):
    (step,) = run(plif, [0.0], states={"v": 0.5}, w=-math.log(tau - 1))
    assert step.states["v"] == pytest.approx(0.5 * (1 - 1 / tau), rel=1e-12)


def test_w_alone_is_trained():
    assert [name for name, p in plif.parameters.items() if p.trained] == ["w"]


def test_it_starts_at_v_reset_and_rests_there():
    steps = run(plif, [0.0] * 50, v_reset=-0.75)
    assert all(step == ({"v": -0.75}, False) for step in steps)


def test_presets_are_silent_at_rest_and_saturate():
    silent("plif")
    driven("plif", low=-1.0, rate=1.0)


def test_integers_agree_with_the_equation(rng):
    agree(wide(plif, w=-1.3, threshold=1.1, v_reset=-0.3), rng)


def test_it_spikes_as_it_reaches_its_threshold():
    assert at_threshold("plif", "threshold") == {True}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"w": math.inf}, "plif.w is inf; it must be a finite number"),
        ({"v_reset": 128.0}, "plif.v_reset is 128; a Q8.8 level lies in -128 to 127.996"),
        ({"tau": 2.0}, "plif has no parameter tau; it has w, threshold, v_reset"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        core(format=Format(8, 8), **parameters)
