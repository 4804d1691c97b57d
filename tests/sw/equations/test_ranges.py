"""Squares and distances from zero are never negative: what is made of them is not refused."""

import warnings

import pytest

from spikewright.equations.compile import compile_equations
from spikewright.equations.place import EquationError
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.definition.interval import Interval
from spikewright_hw.definition.precision import PrecisionWarning
from spikewright_hw.fixed import Format

FORMAT = Format(8, 8)


def compiled(function: str) -> FixedNeuron:
    definition = compile_equations(
        f"dv/dt = (i - v)/5 + 0.1*{function}", threshold="v > 3", reset="v = 0", format=FORMAT
    )
    return FixedNeuron.of(definition, Arithmetic(format=FORMAT))


@pytest.mark.parametrize(
    "function",
    [
        "log(v*v + 0.01)", "log(v**4 + 1)", "log(0.1 + abs(v))", "1/(1 + (v - 1)*(v - 1))",
        "sqrt(v**2 + i**2)", "sqrt(max(-v, v))", "1/(abs(v - i) + 1)",
    ],
)
def test_what_is_never_negative_is_taken_and_its_table_is_exact(function):
    with warnings.catch_warnings():
        warnings.simplefilter("error", PrecisionWarning)
        (table,) = compiled(function).tables
    assert table.steps < 1


@pytest.mark.parametrize("function", ["v**3", "v*i", "max(v, i)", "max(v, -i)", "v*abs(v)"])
def test_what_can_be_negative_is_refused(function):
    with pytest.raises(EquationError, match=r"^dv/dt: this takes the square root of .*negative"):
        compiled(f"sqrt({function})")


@pytest.mark.parametrize("low", range(-3, 4))
def test_the_intervals_of_squares_and_distances_are_exact(low):
    for high in range(low, 4):
        distances = [abs(number) for number in range(low, high + 1)]
        assert Interval(low, high).size == Interval.of(*distances)
        assert Interval(low, high).squared == Interval.of(*(n * n for n in distances))
