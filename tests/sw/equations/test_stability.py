"""Steps that overshoot: by the slopes where the neuron goes."""

import math
import re
import warnings

import pytest

from spikewright.equations import compile_equations
from spikewright.equations.place import EquationError
from spikewright.errors import SpikewrightWarning
from spikewright_hw.definition import reals


def compiled(*equations: str, dt: float, threshold: str = "v > 1", **given):
    return compile_equations(*equations, threshold=threshold, reset="v = 0", dt=dt, **given)


@pytest.mark.parametrize(
    ("equations", "dt"),
    [
        ("dv/dt = w - v**3 + i; dw/dt = -v", 0.01),  # damped by what is not linear
        ("dv/dt = w - v*abs(v) + i; dw/dt = -v", 0.01),
        ("dv/dt = v - v**3/3 - w + i; dw/dt = 0.08*(v + 0.7 - 0.8*w)", 0.1),
        ("dv/dt = (i - v - 50*tanh(v))/5", 0.19),  # the slope at 0 is -51/5
        ("dv/dt = (i - v - 50*tanh(v/9))/5", 0.5),
        ("dv/dt = v*v - 4 + i", 0.25),
        ("dv/dt = (i if v > 0 else -v)", 0.1),  # a corner at its rest has no slope
        ("dv/dt = i - v + w; dw/dt = -w*(1 + v*v)", 0.1),
    ],
)
def test_what_is_stable_is_taken_without_a_word(equations, dt):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compiled(equations, dt=dt)


@pytest.mark.parametrize(
    ("equation", "dt", "largest"),
    [
        ("dv/dt = (i - v - 50*tanh(v))/5", 1, 10 / 51),
        ("dv/dt = (i - v - 50*tanh(v))/5", 0.2, 10 / 51),
        ("dv/dt = i - 9*sqrt(v + 128)*(v + 1)", 0.1, 2 / 9 / 127**0.5),
        ("dv/dt = i - v*exp(3 - v)", 0.2, 2 / math.exp(3)),
        ("dv/dt = i - 7*v*(1 + v*v)", 0.3, 2 / 7),
    ],
)
def test_a_step_that_leaves_a_rest_is_refused_and_the_dt_named_keeps_it(equation, dt, largest):
    with pytest.raises(EquationError) as caught:
        compiled(equation, dt=dt)
    found = re.fullmatch(
        rf"dv/dt: with dt = {dt:g} each step overshoots by more than the last around v = (\S+), "
        r"where it rests with i = (\S+), while the equation itself is stable; the largest dt is "
        r"(\S+)",
        str(caught.value).splitlines()[0],
    )
    assert found
    named = float(found[3])
    assert 0.9 * largest < named <= largest  # by hand, of the rest without any current
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SpikewrightWarning)
        definition = compiled(equation, dt=named)
    states = {"v": float(found[1]) + 0.01}
    values = {name: float(one.default) for name, one in definition.parameters.items()}
    for _ in range(300):
        states, _ = reals.step(definition, states, {"i": float(found[2])}, values)
    assert abs(states["v"] - float(found[1])) < 0.011


def test_a_linear_step_has_no_place():
    with pytest.raises(EquationError) as caught:
        compiled("dv/dt = (i - v)/5", dt=11, method="euler")
    assert str(caught.value).splitlines()[0] == (
        "dv/dt: with dt = 11 each step overshoots by more than the last, while the equation itself "
        "is stable; the largest dt is 10"
    )


def test_a_step_that_swings_on_its_way_is_warned_of():
    with pytest.warns(SpikewrightWarning) as caught:
        compiled("dv/dt = i; dw/dt = (v - w)*v*v", dt=0.5, threshold="v > 6")
    sentence = str(caught[0].message)
    assert re.fullmatch(
        r"dw/dt: with dt = 0\.5 a step overshoots by more than w was off at v = -?[\d.]+, "
        r"w = -?[\d.]+ and i = -?[\d.]+, where a run in real numbers swings; there the largest dt "
        r"is [\d.]+",
        sentence,
    )
    v, largest = (
        float(re.findall(pattern, sentence)[0]) for pattern in (r"at v = ([\d.]+)", r"dt is (\S+)")
    )
    assert largest == pytest.approx(2 / v**2, rel=2e-3)


def test_growth_that_nothing_linear_damps_is_warned_of():
    with pytest.warns(SpikewrightWarning) as caught:
        compiled("dv/dt = w - v**3 + i; dw/dt = -v", dt=0.5)
    assert str(caught[0].message) == (
        "dv/dt: with dt = 0.5 a step makes small differences around v = 0, w = 0 with i = 0 grow "
        "by 0.12 of themselves, and those of the equations do not grow there; with dt = 0.125 it "
        "is less than 0.01"
    )
