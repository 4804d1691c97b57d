"""Slow states: their guard bits, and models from the literature in integers and real numbers."""

import re
import warnings
from typing import Any, NamedTuple

import pytest

from spikewright.equations import compile_equations
from spikewright.equations.agreement import Agreement
from spikewright.errors import SpikewrightWarning
from spikewright_hw.definition import integers
from spikewright_hw.definition.definition import Definition
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.fixed import Format

Q8_8 = Arithmetic(format=Format(8, 8))


class Model(NamedTuple):
    """A neuron, and a current with which it spikes."""

    equations: str
    current: float
    given: dict[str, Any]


def model(equations: str, current: float, *, threshold="v > 1", reset="v = 0", **given) -> Model:
    return Model(equations, current, {"threshold": threshold, "reset": reset} | given)


def izhikevich(a: float, b: float, c: float, d: float) -> Model:
    """Izhikevich, "Simple model of spiking neurons", 2003."""
    return model(
        "dv/dt = 0.04*v*v + 5*v + 140 - u + i; du/dt = a*(b*v - u)", 10,
        threshold="v >= 30", reset=f"v = {c}; u += {d}", parameters={"a": a, "b": b},
        start={"v": -65, "u": -65 * b}, dt=0.5,
    )


def drift(rate: float, **given) -> Model:
    parameters = {"tau": 5, "r": rate}
    return model(
        "dv/dt = i - v/tau + k; dk/dt = r", 0, reset="v = 0; k = 0", parameters=parameters, **given
    )


MORRIS_LECAR = model(  # Morris and Lecar, 1981, with the parameters of Rinzel and Ermentrout
    "m = 0.5*(1 + tanh((v - v_1)/v_2)); n = 0.5*(1 + tanh((v - v_3)/v_4));"
    "dv/dt = (i - g_l*(v - v_l) - g_ca*m*(v - v_ca) - g_k*w*(v - v_k))/c; dw/dt = phi*(n - w)", 60,
    threshold="v > 10", reset="v = v", start={"v": -60}, dt=0.5,
    parameters={
        "g_l": 2, "g_ca": 4, "g_k": 8, "v_l": -60, "v_ca": 120, "v_k": -84, "c": 20, "v_1": -1.2,
        "v_2": 18, "v_3": 12, "v_4": 17.4, "phi": 0.066,
    },
)
MODELS = {
    "constant drift": drift(0.001),
    "larger drift": drift(0.01),
    "small drift": drift(0.0003),
    "morris-lecar": MORRIS_LECAR,
    "fitzhugh-nagumo": model(
        "dv/dt = v - v**3/3 - w + i; dw/dt = 0.08*(v + 0.7 - 0.8*w)", 0.5, reset="v = v", dt=0.1
    ),
    "hindmarsh-rose": model(
        "dv/dt = y - v**3 + 3*v*v - z + i; dy/dt = 1 - 5*v*v - y; dz/dt = r*(4*(v + 1.6) - z)",
        3.25, threshold="v > 1.5", reset="v = v", parameters={"r": 0.001},
        start={"v": -1.6, "y": -12}, dt=0.05,
    ),
    "regular spiking": izhikevich(0.02, 0.2, -65, 8),
    "fast spiking": izhikevich(0.1, 0.2, -65, 2),
    "low-threshold spiking": izhikevich(0.02, 0.25, -65, 2),
    "chattering": izhikevich(0.02, 0.2, -50, 2),
    "intrinsically bursting": izhikevich(0.02, 0.2, -55, 4),
    "adex": model(  # Brette and Gerstner, 2005: tau_w = 144 ms
        "dv/dt = (-v + delta*exp((v - v_t)/delta) + i - w)/tau; dw/dt = (a*v - w)/tau_w", 30,
        threshold="v > 20", reset="v = 0; w += 2", dt=0.1,
        parameters={"delta": 2, "v_t": 20, "tau": 10, "tau_w": 144, "a": 0.1},
    ),
    "adaptive threshold": model(
        "dv/dt = (i - v)/20; da/dt = -a/1000", 2, threshold="v > 1 + a", reset="v = 0; a += 0.1"
    ),
    "current with a long memory": model("dv/dt = (g - v)/20; dg/dt = (i - g)/500", 2),
    "slow membrane": model("dv/dt = (i - v)/1000", 4),
    "slow membrane by euler": model("dv/dt = (i - v)/200", 3, method="euler"),
    "quadratic": model("dv/dt = (v*v + i)/20", 1, threshold="v > 5", reset="v = -5"),
    "resonator": model(
        "dv/dt = w - 0.01*v; dw/dt = -0.04*v - 0.01*w + i/10", 2, reset="v = 0; w = 0", dt=0.2
    ),
    "mihalas-niebur": model(
        "dv/dt = (i - v)/50; dq/dt = 0.01*v - 0.003*(q - 1)", 3, threshold="v > q", start={"q": 1}
    ),
    "calcium": model(
        "dv/dt = (i - v - 0.5*c)/10; dc/dt = -c/800", 3, reset="v = 0; c += 0.02"
    ),
    "persistent sodium": model(
        "dv/dt = (i - v + 2*h*sigmoid(4*v - 3))/10; dh/dt = (sigmoid(2 - 6*v) - h)/400", 1.5
    ),
    "terman-wang": model(
        "dv/dt = 3*v - v**3 + 2 - y + i; dy/dt = 0.01*(6*(1 + tanh(v/0.1)) - y)", 1,
        reset="v = v", dt=0.05,
    ),
    "slow threshold": model("dv/dt = i - v/5; dk/dt = 1e-5*v", 1, threshold="v > 1 + k"),
}


def compiled(one: Model, **given) -> Definition:
    return compile_equations(one.equations, **(one.given | given))


@pytest.mark.parametrize("name", MODELS)
def test_integers_spike_about_as_often_as_real_numbers(name):
    one = MODELS[name]
    seen = Agreement.of(compiled(one), Q8_8, current=one.current, steps=900)
    assert seen.real > 0
    assert abs(seen.integer - seen.real) <= max(1, 0.05 * seen.real)


def test_a_constant_drift_spikes_when_it_does_in_real_numbers():
    fixed = FixedNeuron.of(compiled(drift(0.001)), Q8_8)
    states, times = integers.start(fixed), []
    for step in range(1, 421):
        states, spike = integers.step(fixed, states, {"i": 0})
        times += [step] if spike else []
    assert len(times) == 2
    assert times[0] == pytest.approx(205, abs=3)  # and 411 in real numbers: 0.001 is 65.5 steps
    assert times[1] == pytest.approx(411, abs=6)


@pytest.mark.parametrize(
    ("equations", "guards"),
    [
        # 64 steps of the state in 0.001, 0.01 and 1; a step of Q8.8 is 1/256.
        ("dv/dt = i - v; dk/dt = 0.001", {"v": 1, "k": 8}),
        ("dv/dt = i - v; dk/dt = 0.01", {"v": 1, "k": 5}),
        ("dv/dt = i - v; dk/dt = 1", {"v": 1, "k": 0}),
        # What leaks 1/300 keeps a step of the membrane for 300 steps.
        ("dv/dt = i - v; dk/dt = (9*v - k)/300", {"v": 1, "k": 9}),
        ("dv/dt = i - v; dk/dt = (9*v - k)*(2 + v*v)/600", {"v": 1, "k": 9}),
        # A term far below another one asks for nothing.
        ("dv/dt = i - v + 1e-6*v", {"v": 1}),
    ],
)
def test_guard_bits_follow_from_the_slowest_term_and_the_leak(equations, guards):
    definition = compile_equations(equations, threshold="v > 1", reset="v = 0")
    assert {name: state.guard for name, state in definition.states.items()} == guards


@pytest.mark.parametrize(
    ("one", "term", "size", "steps", "rate", "v"),
    [
        (drift(1e-6), "1e-06", "1e-06", "16.8", 1e-6, 0.0),
        (
            model("dv/dt = i - v/5; dk/dt = v/8388608", 1, threshold="v > 1 + k", reset="v = 0"),
            "1.19e-07*v", "1.19e-07", "2", 2.0**-23, 1.0,
        ),
    ],
)
def test_what_no_guard_bits_keep_is_said_with_a_format_that_does(one, term, size, steps, rate, v):
    with pytest.warns(SpikewrightWarning) as caught:
        compiled(one)
    lost, cure = (str(warning.message) for warning in caught)
    assert lost == (
        f"dk/dt: its term {term} is at most {size} in a step, which is {steps} steps of Q8.24, and "
        "rounding k is off by up to half a step each time; Q8.24 is Q8.8 with 16 guard bits, the "
        "most that a state has"
    )
    found = re.fullmatch(r"with (Q\S+) as its format, the neuron keeps these terms", cure)
    assert found
    format = Format.parse(found[1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        better = compiled(one, format=format)
    fixed = FixedNeuron.of(better, Arithmetic(format=format))
    held = {"v": fixed.formats["v"].quantize(v)}
    states = integers.start(fixed) | held
    for _ in range(200):
        before = states
        states = integers.step(fixed, states, {"i": 0})[0] | held
        moved = fixed.formats["k"].real(states["k"] - before["k"])
        assert moved == pytest.approx(rate, rel=1 / 60)
