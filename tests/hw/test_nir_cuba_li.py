"""NIR's current-based leaky integrator: by hand, and in integers."""

import re

import pytest

from spikewright_hw.fixed import Format
from spikewright_hw.neuron.nir_cuba_li import core, nir_cuba_li

from .neurons import agree, of_preset, run, settled, stored, wide


def test_steps_by_hand():
    given = {"tau_syn": 2.0, "tau_mem": 4.0, "r": 2.0, "v_leak": 1.0, "w_in": 3.0}
    steps = run(nir_cuba_li, [1.0, 0.0, 0.0], **given)
    assert [step.states for step in steps] == [
        {"v": 1.0, "current": 1.5},  # the membrane has not heard of it yet
        {"v": 1.75, "current": 0.75},
        {"v": 1.9375, "current": 0.375},
    ]


def test_it_never_spikes_and_rests_at_v_leak():
    assert not nir_cuba_li.spikes
    assert run(nir_cuba_li, [0.0], v_leak=0.75) == [({"v": 0.75, "current": 0.0}, False)]
    assert settled(of_preset("nir_cuba_li", "q6_4")) == {"v": -1.0, "current": 0.0}


def test_it_saturates():
    fixed = of_preset("nir_cuba_li", "q8_8")
    last = stored(fixed, [127.0] * 100)[-1].states
    assert last == {"v": 127.99609375, "current": 127.9990234375}  # two guard bits


def test_integers_agree_with_the_equation(rng):
    given = {"tau_syn": 3.0, "tau_mem": 7.0, "r": 1.3, "v_leak": -0.3, "w_in": 0.7, "dt": 0.9}
    agree(wide(nir_cuba_li, **given), rng)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"tau_syn": 0.0}, "nir_cuba_li.tau_syn is 0; it must be at least 1e-06"),
        ({"tau": 1.0},
         "nir_cuba_li has no parameter tau; it has tau_syn, tau_mem, r, v_leak, w_in, dt"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        core(format=Format(8, 8), **parameters)
