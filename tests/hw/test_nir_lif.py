"""NIR's leaky integrate-and-fire neuron: by hand, and in integers."""

import re

import pytest

from spikewright_hw.fixed import Format
from spikewright_hw.neuron.nir_lif import core, nir_lif

from .neurons import agree, at_threshold, driven, of_preset, run, settled, silent, spikes, wide


@pytest.mark.parametrize(
    ("v", "i", "after", "spike"),
    [
        (0.5, 0.0, 0.4375, False),
        (0.0, 1.0, 1.0, False),  # the threshold is not enough
        (0.0, 1.0625, 0.0, True),
        (0.5, 9.0, 0.0, True),  # what is above it is lost
    ],
)
def test_a_step_by_hand(v, i, after, spike):
    assert run(nir_lif, [i], states={"v": v}) == [({"v": after}, spike)]


def test_all_parameters_by_hand():
    given = {"tau": 4.0, "r": 0.5, "v_leak": 2.0, "v_threshold": 3.5, "v_reset": -1.0, "dt": 2.0}
    steps = run(nir_lif, [4.0, 4.0, 0.0], **given)
    assert steps == [({"v": 3.0}, False), ({"v": 3.5}, False), ({"v": 2.75}, False)]
    assert run(nir_lif, [4.5], states={"v": 3.5}, **given) == [({"v": -1.0}, True)]


def test_a_threshold_that_is_only_approached_is_never_crossed():
    # A current of 1/8 drives the membrane toward 1; it gets there by rounding at best.
    assert spikes(run(nir_lif, [0.125] * 1000)) == []


def test_presets_are_silent_at_rest_and_saturate():
    silent("nir_lif")
    driven("nir_lif", low=-2.0, rate=1.0)
    assert settled(of_preset("nir_lif", "q6_4")) == {"v": -1.0}  # v_leak


def test_integers_agree_with_the_equation(rng):
    given = {"tau": 7.0, "r": 1.3, "v_leak": -0.3, "v_threshold": 1.1, "v_reset": 0.2, "dt": 0.9}
    agree(wide(nir_lif, **given), rng)


def test_it_is_silent_just_at_its_threshold():
    assert at_threshold("nir_lif", "v_threshold") == {False}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"tau": -1.0}, "nir_lif.tau is -1; it must be at least 1e-06"),
        ({"threshold": 1.0},
         "nir_lif has no parameter threshold; it has tau, r, v_leak, v_threshold, v_reset, dt"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        core(format=Format(8, 8), **parameters)
