"""The rules of the arithmetic, on all neurons: a second reference, vectors, extreme parameters."""

import random
import re
from dataclasses import replace
from fractions import Fraction

import pytest

from spikewright_hw.definition import integers
from spikewright_hw.definition.definition import Parameter, State, neuron
from spikewright_hw.definition.expression import where
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.fixed import Format
from spikewright_hw.neuron import DEFINITIONS
from spikewright_hw.neuron.clif import clif
from spikewright_hw.neuron.li import li
from spikewright_hw.neuron.nir_cuba_lif import nir_cuba_lif
from spikewright_hw.neuron.nir_li import nir_li

from .by_hand import NEURONS, Reference, Rules

FORMATS = (Format(8, 8), Format(8, 4), Format(5, 3), Format(9, 2))


def arithmetic(rng: random.Random, format: Format) -> Arithmetic:
    """Draw all but the format."""
    return Arithmetic(
        format=format,
        rounding=rng.choice(["half_up", "floor"]),
        saturation=rng.choice(["full", "symmetric", "positive"]),
        digits=rng.choice([2, 3, 4, 4, 4]),
    )


def near(rng: random.Random, parameter: Parameter, format: Format) -> float:
    """Draw a value around a parameter's default, off any grid as often as on it."""
    value = rng.choice([parameter.default, parameter.default * rng.uniform(0.5, 2)])
    if parameter.unit == "level":
        return max(rng.choice([value, 3.0]), 2.0**-format.fraction)
    low = value if parameter.low is None else parameter.low
    high = value if parameter.high is None else parameter.high
    return max(low, min(high, value))


def drawn(rng: random.Random, fixed: FixedNeuron) -> tuple[dict[str, int], dict[str, int]]:
    """Draw states within their bounds, and inputs, small ones often."""
    states = {
        name: max(low, rng.randint(low, high) >> rng.choice([0, 2, 5]))
        for name, (low, high) in fixed.bounds.items()
    }
    form = fixed.format
    inputs = {
        name: rng.randint(form.min, form.max) >> rng.choice([0, 2, 5])
        for name in fixed.definition.inputs
    }
    return states, inputs


def test_all_neurons_are_there_by_hand():
    assert list(NEURONS) == list(DEFINITIONS)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_reference_by_hand_agrees_in_every_step(name, rng):
    spikes = 0
    for format in FORMATS:
        definition = DEFINITIONS[name]
        given = {word: near(rng, p, format) for word, p in definition.parameters.items()}
        fixed = FixedNeuron.of(definition, arithmetic(rng, format), given)
        reference = Reference(fixed)
        for _ in range(40):
            states, inputs = drawn(rng, fixed)
            after, spike = integers.step(fixed, states, inputs)
            assert (after, spike) == reference.step(states, inputs), (fixed, states, inputs)
            spikes += spike
    assert spikes or not DEFINITIONS[name].spikes


@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_value_for_each_neuron_means_what_it_means_for_one(name, rng):
    definition = DEFINITIONS[name]
    for format in rng.sample(FORMATS, 2):
        given = {}
        for word, parameter in definition.parameters.items():
            one, other = (near(rng, parameter, format) for _ in range(2))
            given[word] = rng.choice([(one, one, one), (one, other, one), one])
        form = arithmetic(rng, format)
        vector = FixedNeuron.of(definition, form, given)
        for number in range(3):
            own = {word: x[number] if isinstance(x, tuple) else x for word, x in given.items()}
            scalar = FixedNeuron.of(definition, form, own)
            assert integers.start(vector, neuron=number) == integers.start(scalar)
            for _ in range(40):
                states, inputs = drawn(rng, vector)
                expected = integers.step(scalar, states, inputs)
                assert integers.step(vector, states, inputs, neuron=number) == expected, (own, form)


CORNERS = (0.0, 1.0, -1.0, 0.5, 0.9, 1 / 3, 2.0, 8.0, 1024.0, 1e-6, 1e-3, 1e6, 1e9, 1e-30, 1e300)


@pytest.mark.parametrize("name", DEFINITIONS)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_extreme_parameters_compile_or_are_refused_by_name(name, rng):
    definition = DEFINITIONS[name]
    compiled = 0
    for format in (Format(8, 8), Format(4, 3), Format(2, 0), Format(16, 8)) * 4:
        given = {}
        for word, parameter in definition.parameters.items():
            ends = [end for end in (parameter.low, parameter.high) if end is not None]
            if rng.random() < 0.4:
                given[word] = rng.choice([*CORNERS[: rng.choice([10, len(CORNERS)])], *ends])
        try:
            fixed = FixedNeuron.of(definition, arithmetic(rng, format), given)
        except ValueError as error:
            words = re.split(r"[ .,]", str(error))
            assert words[0] == name and set(definition.parameters) & set(words), str(error)
            assert re.search(
                r" is .*; (it|a) |to the (constant|coefficient) .*; its size |no finite number",
                str(error),
            ), str(error)
            continue
        compiled += 1
        states, inputs = drawn(rng, fixed)
        integers.step(fixed, states, inputs)
    assert compiled


def test_large_dyadic_coefficients_compile():
    given = {"tau_mem": 1.0, "v_leak": 1.0, "v_threshold": 0.9}
    fixed = FixedNeuron.of(nir_cuba_lif, Arithmetic(format=Format(8, 8)), given)
    after, spike = integers.step(fixed, {"v": 0, "current": -20}, {"i": 0})
    assert (after, spike) == ({"v": 256 - 8 * 5, "current": -15}, False)


@pytest.mark.parametrize("drop", [1e-4, 2.0**-20, 3e-6])
def test_small_coefficients_keep_their_relative_error(drop):
    fixed = FixedNeuron.of(li, Arithmetic(format=Format(4, 28)), {"decay": 1 - drop})
    after, _ = integers.step(fixed, {"v": fixed.format.max}, {"i": 0})
    lost = fixed.format.max - after["v"]
    assert lost == pytest.approx(drop * fixed.format.max, rel=1 / 80)


REFUSED = {
    "nir_li.v: dt and r and tau lead to the coefficient 1e+15; its size must be less than 2^40, or "
    "1.1e+12": {"tau": 1e-6, "r": 1e9},
    "nir_li.v: dt and r and tau lead to a constant that is no finite number, from 1e+300 and "
    "1.25e+299": {"dt": 1e300, "r": 1e300},
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_no_program_can_hold_is_refused(message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        FixedNeuron.of(nir_li, Arithmetic(format=Format(8, 8)), REFUSED[message])


def test_a_coefficient_far_below_every_step_is_zero():
    fixed = FixedNeuron.of(nir_li, Arithmetic(format=Format(8, 8)), {"tau": 1e9, "dt": 1e-6})
    assert integers.step(fixed, {"v": 1}, {"i": fixed.format.max})[0] == {"v": 1}


def test_a_level_that_the_format_makes_zero_is_refused():
    message = "clif.threshold is 0.001, and in Q8.8 it is 0; it must be at least 1e-06"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        FixedNeuron.of(clif, Arithmetic(format=Format(8, 8)), {"threshold": 0.001})


# Comparisons --------------------------------------------------------------------------------------


@neuron(k=Parameter(0.3, "coefficient"), high=Parameter(1.0, "threshold", "level"))
def compared(s, i, p):
    """A neuron that compares what it stores in several ways."""
    u = p.k * s.v + i
    w = p.k * s.w + p.k * u
    return {
        "v": where(u > p.high, u - p.high, u),
        "w": where(u - w >= 0, w, 0),
        "near": where(p.k * u > p.high, 1, 0),
        "between": where(u > 0.3, 1, 0),  # 5/16, which v does not tell from its neighbours
        "spike": (p.high > u) & (w > 0.25),
    }


def test_in_a_comparison_whatever_is_stored_is_rounded_as_it_is_stored(rng):
    definition = replace(compared, states=dict(compared.states) | {"w": State(guard=2)})
    for rounding in ("half_up", "floor"):
        form = Arithmetic(format=Format(5, 3), rounding=rounding)
        fixed = FixedNeuron.of(definition, form, {"k": 0.375})
        rules = Rules(fixed)
        for _ in range(300):
            states, inputs = drawn(rng, fixed)
            v, w = Fraction(states["v"], 8), Fraction(states["w"], 32)
            k = Fraction(3, 8)
            u = k * v + Fraction(inputs["i"], 8)
            stored_u, stored_w = rules.keep(u), rules.keep(k * w + k * u, "w")
            after, spike = integers.step(fixed, states, inputs)
            assert spike == (stored_u < 1 and stored_w > Fraction(1, 4))
            assert (after["near"] != 0) == (k * stored_u > 1)
            assert (after["between"] != 0) == (stored_u > Fraction(5, 16))
            if stored_u < stored_w:
                assert after["w"] == 0
            if -8 < stored_u < 8:
                assert after["v"] == 8 * (stored_u - (stored_u > 1))
