"""What the error of a table is worth where another function follows, at zero among others."""

import inspect
import math
import warnings

import pytest

from spikewright_hw.definition.definition import Definition, Input, neuron
from spikewright_hw.definition.expression import exp, log, maximum, sigmoid, sqrt, tanh, where
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.definition.functions import real_function
from spikewright_hw.definition.precision import PrecisionWarning
from spikewright_hw.fixed import Format

FACTOR = 0.125
FORMATS = [Format(4, 4), Format(3, 8), Format(6, 4), Format(8, 8)]

#: A function, and what it is of: by name.
INSIDE = {
    "tanh": lambda v: tanh(maximum(v, 0)),
    "sqrt": lambda v: sqrt(maximum(v, 0)),
    "sigmoid": sigmoid,
    "exp": exp,
}


def composed(inside: str, outside) -> Definition:
    @neuron(i=Input("all"))
    def nested(s, i, p):
        """A function of a function."""
        u = 0.5 * s.v + i + FACTOR * outside(INSIDE[inside](s.v))
        spike = u >= 1
        return {"v": where(spike, u - 1, u), "spike": spike}

    return nested


def made(inside: str, outside, format: Format) -> FixedNeuron:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PrecisionWarning)
        return FixedNeuron.of(composed(inside, outside), Arithmetic(format=format))


@pytest.mark.parametrize("format", FORMATS, ids=str)
@pytest.mark.parametrize("outside", [sqrt, log], ids=["sqrt", "log"])
@pytest.mark.parametrize("inside", INSIDE)
def test_the_steps_are_a_bound_and_within_the_range(inside, outside, format):
    fixed = made(inside, outside, format)
    table = fixed.tables[0]
    assert table.function == inside
    state = fixed.formats["v"]
    f, g = real_function(inside), real_function(fixed.tables[-1].function)
    worst = 0.0
    for stored in range(*fixed.bounds["v"]):
        v = state.real(stored)
        if inside in ("tanh", "sqrt"):
            v = max(v, 0.0)
        # To the argument's bits, rounded down.
        argument = math.floor(v * 2**table.argument)
        found = table.value(argument) * 2.0**-table.result
        right = f(v) if v or inside != "sqrt" else 0.0
        if found >= 2.0**table.limit or min(found, right) <= 0:
            continue  # not told apart, or without a logarithm
        worst = max(worst, FACTOR * abs(g(found) - g(right)) / state.real(1))
    worst = min(worst, 2**state.width)  # it saturates
    assert 0 < worst <= table.steps * 1.001
    assert table.steps <= 2 * 2**state.width


@pytest.mark.parametrize("format", [Format(4, 4), Format(8, 8), Format(4, 12)], ids=str)
@pytest.mark.parametrize("inside", ["tanh", "sqrt", "sigmoid"])
def test_a_root_at_zero_is_worth_no_warning(inside, format):
    with warnings.catch_warnings():
        warnings.simplefilter("error", PrecisionWarning)
        fixed = FixedNeuron.of(composed(inside, sqrt), Arithmetic(format=format))
    assert 0 < fixed.tables[0].steps < 0.5


def test_a_warning_stands_at_the_line_of_the_caller():
    frame = inspect.currentframe()
    assert frame is not None
    with pytest.warns(PrecisionWarning, match=r"the table of tanh can be off by") as told:
        line = frame.f_lineno + 1
        FixedNeuron.of(composed("tanh", log), Arithmetic(format=Format(8, 8)))
    assert [(one.filename, one.lineno) for one in told] == [(__file__, line)]
