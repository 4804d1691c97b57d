"""NIR's leaky integrator: by hand, and in integers."""

import re

import pytest

from spikewright_hw.fixed import Format
from spikewright_hw.neuron.nir_li import core, nir_li

from .neurons import agree, of_preset, run, settled, stored, wide


def test_steps_by_hand():
    steps = run(nir_li, [8.0, 0.0], tau=4.0, r=0.5, v_leak=2.0, dt=2.0)
    assert [step.states["v"] for step in steps] == [4.0, 3.0]


def test_the_defaults_keep_seven_eighths():
    steps = run(nir_li, [1.0, 0.5])
    assert [step.states["v"] for step in steps] == [1.0, 1.375]
    assert not nir_li.spikes


def test_it_rests_at_v_leak():
    assert run(nir_li, [0.0], v_leak=0.75) == [({"v": 0.75}, False)]
    assert settled(of_preset("nir_li", "q6_4")) == {"v": -1.0}


def test_it_saturates():
    fixed = of_preset("nir_li", "q8_8")
    assert stored(fixed, [127.0] * 50)[-1].states == {"v": 127.99609375}


def test_integers_agree_with_the_equation(rng):
    agree(wide(nir_li, tau=7.0, r=1.3, v_leak=-0.3, dt=0.9), rng)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"tau": 0.0}, "nir_li.tau is 0; it must be at least 1e-06"),
        ({"v_leak": 128.0}, "nir_li.v_leak is 128; a Q8.8 level lies in -128 to 127.996"),
        ({"v_threshold": 1.0}, "nir_li has no parameter v_threshold; it has tau, r, v_leak, dt"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        core(format=Format(8, 8), **parameters)
