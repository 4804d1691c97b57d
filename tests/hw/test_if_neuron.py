"""The IF neuron: by hand, and in integers."""

import re

import pytest

from spikewright_hw.fixed import Format
from spikewright_hw.neuron.if_neuron import core, if_neuron

from .neurons import agree, at_threshold, driven, run, silent, spikes, wide


@pytest.mark.parametrize(
    ("v", "i", "after", "spike"),
    [
        (0.5, 0.0, 0.5, False),  # no leak
        (0.5, 0.25, 0.75, False),
        (0.5, 0.5, 0.0, True),
        (0.5, 2.75, 2.25, True),
        (0.5, -3.0, -2.5, False),
    ],
)
def test_a_step_by_hand(v, i, after, spike):
    assert run(if_neuron, [i], states={"v": v}) == [({"v": after}, spike)]


def test_it_counts_its_input_in_thresholds():
    # 100 * 0.3125 is 31.25
    steps = run(if_neuron, [0.3125] * 100)
    assert len(spikes(steps)) == 31
    assert steps[-1].states == {"v": 0.25}


def test_presets_are_silent_at_rest_and_saturate():
    silent("if_neuron")
    driven("if_neuron", low=0.0, rate=1.0)


def test_integers_agree_with_the_equation(rng):
    agree(wide(if_neuron, threshold=1.1), rng)


def test_it_spikes_as_it_reaches_its_threshold():
    assert at_threshold("if_neuron", "threshold") == {True}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"threshold": -129.0},
         "if_neuron.threshold is -129; a Q8.8 level lies in -128 to 127.996"),
        ({"decay": 0.5}, "if_neuron has no parameter decay; it has threshold"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        core(format=Format(8, 8), **parameters)
