# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)
"""The LI neuron by hand, and what it refuses. What all neurons share is in test_neuron_core."""

import re

import pytest

from spikewright_hw.definition import integers
from spikewright_hw.fixed import Format
from spikewright_hw.neuron.core import NeuronCore
from spikewright_hw.neuron.li import li


@pytest.mark.parametrize(
    ("v", "i", "after"),
    [
        (0, 0, 0),
        (40, 0, 30),  # a quarter leaks
        (3, 0, 3),  # what is left at the end no longer leaks
        (-1, 0, 0),  # from below it goes all the way: the leak rounds toward minus infinity
        (-41, 7, -23),
        (0, 127, 127),  # no threshold
        (127, 127, 127),
        (127, -128, -32),
        (-128, -128, -128),
    ],
)
def test_a_step_by_hand(v, i, after):
    step = integers.step(li, {"v": v}, i, parameters={"leak": 2}, format=Format(8, 0))
    assert step == ({"v": after}, False)


def test_it_never_spikes():
    assert not li.spikes
    component = NeuronCore(li, format=Format(8, 8), parameters={"leak": 3})
    assert list(component.o.payload.shape().members) == ["v"]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"leak": 17}, "li.leak is 17; a shift of a Q8.8 state lies in 0 to 16"),
        ({"threshold": 1}, "li has no parameter threshold; it has leak"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        NeuronCore(li, format=Format(8, 8), parameters={"leak": 3} | parameters)
