"""Tables and coefficients: what rounds in a program, and by how much at most."""

import re

import pytest

from spikewright_hw.cores import CORES
from spikewright_hw.definition.interval import Interval
from spikewright_hw.definition.nodes import signed_digits
from spikewright_hw.definition.table import SEGMENTS, Table, real_function, tabulate

#: Most arguments of a table that are all tried.
EXHAUSTIVE = 50_000

#: The neurons with tables.
NEURONS = [
    (name, preset)
    for name, core in CORES.items()
    if core.family == "neuron"
    for preset in core.presets
    if core.build(preset).fixed.tables  # pyright: ignore[reportAttributeAccessIssue]
]


def test_some_neurons_have_tables():
    assert {name for name, _ in NEURONS} >= {"clif", "exp_if", "adex"}


def off(table: Table, stored: int, *, limit: float) -> float:
    """Give how far a table is from its function, in real numbers."""
    value = real_function(table.function)(stored * 2.0**-table.argument)
    return abs(table.value(stored) * 2.0**-table.result - max(-limit, min(limit, value)))


def arguments(table: Table, rng) -> list[int]:
    """Give all arguments of a table, or those around each entry and some of each segment."""
    span = range(table.low, table.high + 1)
    if len(span) <= EXHAUSTIVE:
        return list(span)
    step = 1 << table.segment
    first = table.low >> table.segment << table.segment
    corners = [
        at + by for at in range(first, table.high + step, step) for by in (-1, 0, 1, step // 2)
    ]
    return [at for at in corners if at in span] + rng.choices(span, k=EXHAUSTIVE)


@pytest.mark.parametrize(("name", "preset"), NEURONS)
def test_tables_of_the_neurons_keep_their_bounds(name, preset, rng):
    fixed = CORES[name].build(preset).fixed  # pyright: ignore[reportAttributeAccessIssue]
    limit = 2.0 ** (fixed.format.integer + 1)
    for table in fixed.tables:
        worst = max(off(table, stored, limit=limit) for stored in arguments(table, rng))
        assert 0.4 * table.error < worst <= table.error, "the bound holds, and says something"


CASES = [
    ("exp", -4000, 900, 8),
    ("log", 0, 5000, 8),
    ("sqrt", -100, 60000, 8),
    ("tanh", -3000, 3000, 8),
    ("sigmoid", -20000, 20000, 9),
    ("reciprocal", 40, 30000, 8),
    ("reciprocal", -30000, -1, 6),
]


@pytest.mark.parametrize(("function", "low", "high", "argument"), CASES)
@pytest.mark.parametrize("result", [6, 10])
def test_every_argument_is_within_the_bound(function, low, high, argument, result):
    limit = 300.0
    table = tabulate(
        function, argument=argument, interval=Interval(low, high), result=result, limit=limit
    )
    assert len(table.entries) <= SEGMENTS + 2
    for stored in range(table.low, table.high + 1):
        assert off(table, stored, limit=limit) <= table.error
    half = 2.0 ** -(result + 1)
    for stored in {low, max(low, table.low - 1), min(high, table.high + 1), high}:
        if function == "log" and stored < 1:
            stored = 1  # of zero and less it is that of the smallest step
        if function == "sqrt" and stored < 0:
            stored = 0
        assert off(table, stored, limit=limit) <= table.error + half, "outside, the ends hold"


def test_a_table_of_a_straight_line_has_one_segment():
    table = tabulate("reciprocal", argument=0, interval=Interval(5, 6), result=4, limit=9.0)
    assert table.value(5) == 3  # 16 / 5 is 3.2
    assert table.value(6) == 3  # 16 / 6 is 2.67


@pytest.mark.parametrize(
    ("function", "low", "high", "message"),
    [
        (
            "reciprocal", -8, 16,
            "a division by what lies in -0.5 to 1, which can be zero; limit the divisor",
        ),
        (
            "log", -8, 0,
            "log of what lies in -0.5 to 0, where it is not defined; limit its argument",
        ),
        (
            "sqrt", -8, -1,
            "sqrt of what lies in -0.5 to -0.0625, where it is not defined; limit its argument",
        ),
    ],
)
def test_what_is_not_defined_is_refused(function, low, high, message):
    whole = f"{message} with maximum() or clip()"
    with pytest.raises(ValueError, match=f"^{re.escape(whole)}$"):
        tabulate(function, argument=4, interval=Interval(low, high), result=4, limit=16.0)


# Coefficients -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "digits"),
    [
        (0.0, []),
        (1.0, [(1, 0)]),
        (-0.125, [(-1, -3)]),
        (0.875, [(1, 0), (-1, -3)]),
        (0.75, [(1, 0), (-1, -2)]),
        (10.0, [(1, 3), (1, 1)]),
        (-3.0, [(-1, 2), (1, 0)]),
        (2.0**-25, []),  # smaller than the smallest digit
    ],
)
def test_coefficients_by_hand(value, digits):
    assert signed_digits(value, 4) == digits


@pytest.mark.parametrize("count", [1, 2, 3, 4, 8])
def test_each_digit_leaves_at_most_a_third(count, rng):
    for _ in range(2000):
        value = rng.choice([-1, 1]) * 2.0 ** rng.uniform(-4, 6)
        digits = signed_digits(value, count)
        assert len(digits) <= count
        left = abs(value - sum(sign * 2.0**exponent for sign, exponent in digits))
        assert left <= max(abs(value) * 3.0**-count, 2.0**-24)


def test_a_coefficient_with_few_digits_is_exact(rng):
    for _ in range(500):
        exponents = rng.sample(range(-8, 4, 2), 3)
        value = sum(rng.choice([-1, 1]) * 2.0**exponent for exponent in exponents)
        assert sum(sign * 2.0**exponent for sign, exponent in signed_digits(value, 3)) == value
