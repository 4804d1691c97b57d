# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)
"""The LIF neuron by hand, and what it refuses. What all neurons share is in test_neuron_core."""

import re

import pytest

from spikewright_hw.definition import integers
from spikewright_hw.emit import as_rtlil
from spikewright_hw.fixed import Format
from spikewright_hw.neuron.core import NeuronCore
from spikewright_hw.neuron.lif import core, lif


@pytest.mark.parametrize(
    ("v", "i", "after", "spike"),
    [
        (0, 0, 0, False),
        (40, 0, 30, False),  # a quarter leaks
        (43, 0, 33, False),  # 43 >> 2 is 10
        (-1, 0, 0, False),  # -1 >> 2 is -1: the leak rounds toward minus infinity
        (-41, 0, -30, False),  # -41 >> 2 is -11
        (0, 49, 49, False),
        (0, 50, 0, True),  # the threshold is enough
        (0, 53, 3, True),  # and what is above it stays
        (40, 70, 50, True),  # one spike a step, even if the rest would do for another
        (127, 127, 127, True),  # 96 + 127 - 50 saturates after the reset
        (127, -127, -31, False),
        (-128, -100, -128, False),
    ],
)
def test_a_step_by_hand(v, i, after, spike):
    step = integers.step(
        lif, {"v": v}, i, parameters={"leak": 2, "threshold": 50}, format=Format(8, 0)
    )
    assert step == ({"v": after}, spike)


def test_no_leak_and_full_leak():
    # A shift by 0 forgets the membrane in each step, one by the whole width keeps all of it but a
    # bit that rounding takes from a negative one.
    for leak, states in ((0, (5, 5, 5, -5, -5)), (8, (5, 10, 15, 10, 5))):
        v = {"v": 0}
        for i, expected in zip((5, 5, 5, -5, -5), states, strict=True):
            v, _ = integers.step(
                lif, v, i, parameters={"leak": leak, "threshold": 100}, format=Format(8, 0)
            )
            assert v["v"] == expected


@pytest.mark.parametrize(
    ("form", "given", "parameters"),
    [
        (Format(8, 8), {}, {"leak": 3, "threshold": 256}),
        (Format(6, 4), {"leak": 2}, {"leak": 2, "threshold": 16}),
    ],
)
def test_parameters_take_their_defaults(form, given, parameters):
    component = core(format=form, **given)
    assert component.parameters == parameters
    assert as_rtlil(component, name="lif")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"leak": 17}, "lif.leak is 17; a shift of a Q8.8 state lies in 0 to 16"),
        (
            {"threshold": 32768},
            "lif.threshold is 32768; a level of a Q8.8 state lies in -32768 to 32767",
        ),
        ({"tau": 5}, "lif has no parameter tau; it has leak, threshold"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        NeuronCore(
            lif, format=Format(8, 8), parameters={"leak": 3, "threshold": 256} | parameters
        )
