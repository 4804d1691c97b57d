"""The LIF neuron: by hand, and in integers."""

import re

import pytest

from spikewright_hw.definition import integers
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.fixed import Format
from spikewright_hw.neuron.lif import core, lif

from .neurons import agree, at_threshold, driven, run, silent, spikes, wide

FLOOR = Arithmetic(format=Format(8, 0), rounding="floor")
HALF_UP = Arithmetic(format=Format(8, 0), rounding="half_up")


@pytest.mark.parametrize(
    ("v", "i", "after", "spike"),
    [
        (0.0, 0.0, 0.0, False),
        (0.5, 0.0, 0.4375, False),  # an eighth leaks
        (0.0, 0.9375, 0.9375, False),
        (0.0, 1.0, 0.0, True),  # the threshold is enough
        (0.0, 1.25, 0.25, True),  # and what is above it stays
        (0.5, 5.0, 4.4375, True),  # one spike a step, even if the rest would do for another
    ],
)
def test_a_step_by_hand(v, i, after, spike):
    assert run(lif, [i], states={"v": v}) == [({"v": after}, spike)]


def test_rheobase():
    # A constant current drives the membrane toward i / (1 - decay), which has to reach 1.
    assert spikes(run(lif, [0.1249] * 1000)) == []
    assert len(spikes(run(lif, [0.1251] * 1000))) > 5


@pytest.mark.parametrize(
    ("v", "i", "floor", "half_up"),
    [
        (40, 0, (30, False), (30, False)),
        (42, 0, (31, False), (32, False)),  # 31.5
        (-42, 0, (-32, False), (-31, False)),  # -31.5
        (0, 49, (49, False), (49, False)),
        (0, 50, (0, True), (0, True)),
        (66, 0, (49, False), (0, True)),  # 49.5: what is stored is what is compared
        (40, 70, (50, True), (50, True)),
        (127, 127, (127, True), (127, True)),  # 95.25 + 127 - 50 saturates after the reset
        (-128, -100, (-128, False), (-128, False)),
    ],
)
def test_a_stored_step_by_hand(v, i, floor, half_up):
    for arithmetic, (after, spike) in ((FLOOR, floor), (HALF_UP, half_up)):
        fixed = FixedNeuron.of(lif, arithmetic, {"decay": 0.75, "threshold": 50.0})
        assert integers.step(fixed, {"v": v}, {"i": i}) == ({"v": after}, spike)


def test_presets_are_silent_at_rest_and_saturate():
    silent("lif")
    driven("lif", low=0.0, rate=1.0)


def test_integers_agree_with_the_equation(rng):
    agree(wide(lif, decay=0.9, threshold=1.1), rng)


def test_it_spikes_as_it_reaches_its_threshold():
    assert at_threshold("lif", "threshold") == {True}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"decay": -0.1}, "lif.decay is -0.1; it lies in 0 to 1"),
        ({"threshold": 200.0}, "lif.threshold is 200; a Q8.8 level lies in -128 to 127.996"),
        ({"tau": 5.0}, "lif has no parameter tau; it has decay, threshold"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        core(format=Format(8, 8), **parameters)
