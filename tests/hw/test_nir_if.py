"""NIR's integrate-and-fire neuron: by hand, and in integers."""

import re

import pytest

from spikewright_hw.fixed import Format
from spikewright_hw.neuron.nir_if import core, nir_if

from .neurons import agree, at_threshold, driven, run, silent, wide


@pytest.mark.parametrize(
    ("v", "i", "after", "spike"),
    [
        (0.5, 0.0, 0.5, False),
        (0.5, 0.5, 1.0, False),  # the threshold is not enough
        (0.5, 0.625, 0.0, True),
        (0.5, 9.0, 0.0, True),  # what is above it is lost
    ],
)
def test_a_step_by_hand(v, i, after, spike):
    assert run(nir_if, [i], states={"v": v}) == [({"v": after}, spike)]


def test_resistance_step_and_reset():
    steps = run(nir_if, [1.0, 1.0], r=3.0, dt=0.25, v_reset=-0.5)
    assert steps == [({"v": 0.75}, False), ({"v": -0.5}, True)]


def test_presets_are_silent_at_rest_and_saturate():
    silent("nir_if")
    driven("nir_if", low=-1.0, rate=1.0)


def test_integers_agree_with_the_equation(rng):
    agree(wide(nir_if, r=1.3, v_threshold=1.1, v_reset=-0.3, dt=0.9), rng)


def test_it_is_silent_just_at_its_threshold():
    assert at_threshold("nir_if", "v_threshold") == {False}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"dt": 0.0}, "nir_if.dt is 0; it must be at least 1e-06"),
        ({"tau": 1.0}, "nir_if has no parameter tau; it has r, v_threshold, v_reset, dt"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        core(format=Format(8, 8), **parameters)
