"""NIR's current-based leaky integrate-and-fire neuron: by hand, and in integers."""

import re

import pytest

from spikewright_hw.fixed import Format
from spikewright_hw.neuron.nir_cuba_lif import core, nir_cuba_lif

from .neurons import agree, at_threshold, driven, of_preset, run, settled, silent, wide

GIVEN = {"tau_syn": 2.0, "tau_mem": 4.0, "r": 2.0, "w_in": 3.0}


def test_steps_by_hand():
    steps = run(nir_cuba_lif, [2.0, 0.0, 0.0], v_threshold=1.5, v_reset=-1.0, **GIVEN)
    assert steps == [
        ({"v": 0.0, "current": 3.0}, False),  # the membrane has not heard of it yet
        ({"v": 1.5, "current": 1.5}, False),  # the threshold is not enough
        ({"v": -1.0, "current": 0.75}, True),  # 1.125 + 0.75; the current goes on
    ]


def test_presets_are_silent_at_rest_and_saturate():
    silent("nir_cuba_lif")
    driven("nir_cuba_lif", low=-2.0, rate=0.99)  # nothing has arrived in the first step
    assert settled(of_preset("nir_cuba_lif", "q6_4")) == {"v": -1.0, "current": 0.0}


def test_integers_agree_with_the_equation(rng):
    given = GIVEN | {"v_leak": -0.3, "v_threshold": 1.1, "v_reset": 0.2, "dt": 0.9}
    agree(wide(nir_cuba_lif, **given), rng)


def test_it_is_silent_just_at_its_threshold():
    assert at_threshold("nir_cuba_lif", "v_threshold") == {False}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"tau_mem": 0.0}, "nir_cuba_lif.tau_mem is 0; it must be at least 1e-06"),
        (
            {"tau": 1.0},
            (
                "nir_cuba_lif has no parameter tau; it has "
                "tau_syn, tau_mem, r, v_leak, v_threshold, v_reset, w_in, dt"
            ),
        ),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        core(format=Format(8, 8), **parameters)
