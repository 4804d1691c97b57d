"""The LI neuron: by hand, and in integers."""

import re

import pytest

from spikewright_hw.definition import integers
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.fixed import Format
from spikewright_hw.neuron.li import core, li

from .neurons import agree, of_preset, run, stored, wide

FLOOR = Arithmetic(format=Format(8, 0), rounding="floor")
HALF_UP = Arithmetic(format=Format(8, 0), rounding="half_up")


def test_steps_by_hand():
    steps = run(li, [4.0, 0.0, -2.0, 8.0], decay=0.75)
    assert [step.states["v"] for step in steps] == [4.0, 3.0, 0.25, 8.1875]


def test_it_never_spikes():
    assert not li.spikes
    component = core(format=Format(8, 8))
    assert list(component.o.payload.shape().members) == ["v"]


@pytest.mark.parametrize(
    ("v", "i", "floor", "half_up"),
    [
        (0, 0, 0, 0),
        (40, 0, 30, 30),  # a quarter leaks
        (3, 0, 2, 2),  # 2.25
        (2, 0, 1, 2),  # 1.5
        (-1, 0, -1, -1),  # -0.75 stays
        (-2, 0, -2, -1),  # -1.5
        (-39, 0, -30, -29),  # -29.25
        (127, 127, 127, 127),  # 222.25 saturates
        (-128, -128, -128, -128),
    ],
)
def test_a_stored_step_by_hand(v, i, floor, half_up):
    for arithmetic, after in ((FLOOR, floor), (HALF_UP, half_up)):
        fixed = FixedNeuron.of(li, arithmetic, {"decay": 0.75})
        assert integers.step(fixed, {"v": v}, {"i": i}) == ({"v": after}, False)


@pytest.mark.parametrize("preset", ["q8_8", "q6_4"])
def test_presets_rest_at_zero_and_saturate(preset):
    fixed = of_preset("li", preset)
    assert all(step.states == {"v": 0.0} for step in stored(fixed, [0.0] * 100))
    full = fixed.format.real(fixed.format.max)
    assert all(step.states == {"v": full} for step in stored(fixed, [full] * 100))


def test_integers_agree_with_the_equation(rng):
    agree(wide(li, decay=0.9), rng)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"decay": 1.5}, "li.decay is 1.5; it lies in 0 to 1"),
        ({"threshold": 1.0}, "li has no parameter threshold; it has decay"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        core(format=Format(8, 8), **parameters)
