"""The recurrent LIF neuron: by hand, and in integers."""

import re

import pytest

from spikewright_hw.definition.definition import Input
from spikewright_hw.fixed import Format
from spikewright_hw.neuron.recurrent_lif import core, recurrent_lif

from .neurons import agree, at_threshold, driven, run, silent, wide


def test_its_second_input_is_its_layers_own_spikes():
    assert recurrent_lif.inputs == {"i": Input("all"), "r": Input("recurrent")}


@pytest.mark.parametrize(
    ("v", "i", "r", "after", "spike"),
    [
        (0.5, 0.0, 0.0, 0.4375, False),
        (0.0, 0.5, 0.25, 0.75, False),
        (0.0, 0.5, 0.5, 0.0, True),
        (0.0, 2.0, -1.5, 0.5, False),  # its layer inhibits it
        (0.0, 0.0, 1.25, 0.25, True),
    ],
)
def test_a_step_by_hand(v, i, r, after, spike):
    step = run(recurrent_lif, [{"i": i, "r": r}], states={"v": v})
    assert step == [({"v": after}, spike)]


def test_presets_are_silent_at_rest_and_saturate():
    silent("recurrent_lif")
    driven("recurrent_lif", low=0.0, rate=1.0)


def test_integers_agree_with_the_equation(rng):
    agree(wide(recurrent_lif, decay=0.9, threshold=1.1), rng)


def test_it_spikes_as_it_reaches_its_threshold():
    assert at_threshold("recurrent_lif", "threshold") == {True}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"decay": 1.1}, "recurrent_lif.decay is 1.1; it lies in 0 to 1"),
        ({"r": 1.0}, "recurrent_lif has no parameter r; it has decay, threshold"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        core(format=Format(8, 8), **parameters)
