"""The LIF neuron that rests after a spike: by hand, and in integers."""

import re

import pytest

from spikewright_hw.fixed import Format
from spikewright_hw.neuron.lif import lif
from spikewright_hw.neuron.lif_refractory import core, lif_refractory

from .neurons import agree, at_threshold, driven, of_preset, run, silent, spikes, stored, wide


def test_it_rests_after_a_spike():
    steps = run(lif_refractory, [1.5, 3.0, 3.0, 0.0, 0.625], decay=0.5, refractory=2)
    assert steps == [
        ({"v": 0.5, "rest": 2}, True),
        ({"v": 0.5, "rest": 1}, False),  # whatever arrives is lost
        ({"v": 0.5, "rest": 0}, False),
        ({"v": 0.25, "rest": 0}, False),
        ({"v": 0.75, "rest": 0}, False),
    ]


@pytest.mark.parametrize("refractory", [0, 1, 4])
def test_the_highest_rate(refractory):
    steps = run(lif_refractory, [5.0] * 20, refractory=refractory)
    assert spikes(steps) == list(range(0, 20, refractory + 1))


def test_without_rest_it_is_the_lif():
    inputs = [0.4, 0.9, -0.3, 1.7, 0.2] * 10
    resting, plain = run(lif_refractory, inputs, refractory=0), run(lif, inputs)
    assert [step.states["v"] for step in resting] == [step.states["v"] for step in plain]
    assert spikes(resting) == spikes(plain) != []


def test_presets_are_silent_at_rest_and_saturate():
    silent("lif_refractory")
    driven("lif_refractory", low=0.0, rate=1 / 6)
    full = stored(of_preset("lif_refractory", "q6_4"), [31.0] * 30)
    assert spikes(full) == [0, 6, 12, 18, 24]


def test_integers_agree_with_the_equation(rng):
    agree(wide(lif_refractory, decay=0.9, threshold=1.1, refractory=3), rng)


def test_it_spikes_as_it_reaches_its_threshold():
    assert at_threshold("lif_refractory", "threshold", rest=0) == {True}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"refractory": 128}, "lif_refractory.refractory is 128; it lies in 0 to 127"),
        ({"tau": 5.0}, "lif_refractory has no parameter tau; it has decay, threshold, refractory"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        core(format=Format(8, 8), **parameters)
