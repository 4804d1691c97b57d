"""Tables and coefficients: what rounds in a program, and by how much at most."""

import math
import re
from collections.abc import Iterator
from random import Random

import pytest

from spikewright_hw.cores import CORES
from spikewright_hw.definition import integers, reals
from spikewright_hw.definition.definition import Definition, Parameter, neuron
from spikewright_hw.definition.expression import (
    FUNCTIONS,
    Expression,
    exp,
    exprel,
    log,
    maximum,
    sigmoid,
    sqrt,
    where,
)
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.definition.functions import real_function
from spikewright_hw.definition.graph import evaluate
from spikewright_hw.definition.integers import _Integers
from spikewright_hw.definition.interval import Interval
from spikewright_hw.definition.lookup import look_up
from spikewright_hw.definition.nodes import Nodes, signed_digits
from spikewright_hw.definition.precision import WORTH_A_WARNING, PrecisionWarning
from spikewright_hw.definition.table import Table, tabulate
from spikewright_hw.fixed import Format

#: The neurons with tables.
NEURONS = [
    (name, preset)
    for name, core in CORES.items()
    if core.family == "neuron"
    for preset in core.presets
    if core.build(preset).fixed.tables  # pyright: ignore[reportAttributeAccessIssue]
]

#: Ranges of arguments, in real numbers.
RANGES = [(-8.0, 8.0), (0.0625, 5.0), (1.0, 100.0), (-100.0, -0.5), (2.0, 2.125), (-128.0, 128.0)]


def applies(function: str, low: float, high: float) -> bool:
    """Return whether a function has values on a range."""
    if function in ("log", "sqrt"):
        return low > 0
    return function != "reciprocal" or low > 0 or high < 0


def made(function: str, low: float, high: float, *, fraction: int, **bits: int) -> Table:
    interval = Interval(math.ceil(low * 2**fraction), math.floor(high * 2**fraction))
    return tabulate(function, fraction=fraction, interval=interval, **bits)


def arguments(table: Table, fraction: int, rng: Random, count: int) -> Iterator[int]:
    """Draw stored arguments with ``fraction`` bits: the ends, random ones, and around corners."""
    coarse = fraction - table.argument
    low, high = (
        end << coarse if coarse > 0 else end >> -coarse for end in (table.low, table.high)
    )
    corners = [one.start << coarse if coarse > 0 else one.start >> -coarse
               for one in rng.choices(table.segments, k=count // 4)]
    drawn = [rng.randint(low, high) for _ in range(count)]
    for one in (low, high, *drawn, *(corner + by for corner in corners for by in (-1, 0, 1))):
        if low <= one <= high:
            yield one


def looked_up(table: Table, stored: int, fraction: int) -> int:
    coarse = table.argument - fraction
    return table.value(stored << coarse if coarse >= 0 else stored >> -coarse)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(("result", "limit"), [(3, 9), (8, 4), (14, 9), (22, 9)])
def test_no_argument_is_off_by_more_than_the_table_says(function, result, limit, rng):
    for low, high in RANGES:
        if not applies(function, low, high):
            continue
        for fraction in (4, 12, 28):
            bits = {"argument": result + limit + 2, "result": result, "limit": limit}
            table = made(function, low, high, fraction=fraction, **bits)
            for stored in arguments(table, fraction, rng, 60):
                value = real_function(function)(stored * 2.0**-fraction)
                found = looked_up(table, stored, fraction) * 2.0**-result
                if abs(value) < 2**limit:
                    assert abs(found - value) <= table.error
                else:  # what is beyond the limit stays there
                    assert abs(found) >= 2**limit - table.error
                    assert found * value > 0


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_error_shrinks_with_every_bit_of_the_result(function):
    for low, high in RANGES:
        if applies(function, low, high):
            for result in range(4, 21):
                bits = {"argument": result + 20, "result": result, "limit": 8}
                table = made(function, low, high, fraction=16, **bits)
                assert table.error <= 6.3 * 2.0**-result


def test_a_sigmoid_of_every_argument_is_within_the_bound_and_the_bound_is_near():
    bits = {"argument": 12, "result": 11, "limit": 0}
    table = made("sigmoid", -16.0, 16.0, fraction=12, **bits)
    worst = max(
        abs(table.value(x) * 2.0**-11 - real_function("sigmoid")(x * 2.0**-12))
        for x in range(table.low, table.high + 1)
    )
    assert 0.4 * table.error < worst <= table.error


@pytest.mark.parametrize("function", FUNCTIONS)
def test_arguments_that_cannot_come_change_no_value(function, rng):
    bits = {"argument": 20, "result": 12, "limit": 6}
    for low, high in RANGES:
        if not applies(function, low, high):
            continue
        whole = made(function, low, high, fraction=24, **bits)
        for fraction in (6, 15, 24):
            some = sorted(rng.uniform(low, high) for _ in range(2))
            if math.ceil(some[0] * 2**fraction) > math.floor(some[1] * 2**fraction):
                continue
            part = made(function, *some, fraction=fraction, **bits)
            for stored in arguments(part, fraction, rng, 40):
                wanted = looked_up(whole, stored << (24 - fraction), 24)
                assert looked_up(part, stored, fraction) == wanted


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("fraction", [5, 14, 26])
def test_the_program_looks_up_what_the_table_holds(function, fraction, rng):
    for low, high in RANGES:
        if not applies(function, low, high):
            continue
        for result, limit in ((6, 5), (16, 8)):
            bits = {"argument": result + 6, "result": result, "limit": limit}
            table = made(function, low, high, fraction=fraction, **bits)
            nodes = Nodes()
            interval = Interval(int(low * 2**fraction), int(high * 2**fraction))
            x = nodes.leaf("x", fraction, interval, varies=True)
            number = look_up(nodes, table, x)
            for stored in arguments(table, fraction, rng, 30):
                if interval.low <= stored <= interval.high:
                    found = evaluate({"": number.node}, {"x": stored}, _Integers())[""]
                    assert found == looked_up(table, stored, fraction)
                    assert number.interval.low <= found <= number.interval.high


def test_a_table_by_hand():
    bits = {"argument": 0, "result": 4, "limit": 3}
    table = made("reciprocal", 5.0, 6.0, fraction=0, **bits)
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
        tabulate(function, fraction=4, interval=Interval(low, high), argument=8, result=4, limit=4)


# Uses ---------------------------------------------------------------------------------------------


def divided(scale: float) -> Definition:
    @neuron()
    def one(s, i, p):
        return {"v": i, "w": scale / (1 + maximum(s.v, 0))}

    return one


@neuron()
def slow_exponential(s, i, p):
    """The example of a small coefficient after a large exponential."""
    return {"v": s.v + 0.2 * (i - s.v), "w": 0.001 * exp(s.v)}


@neuron(k=Parameter(1.0, "scale"))
def scaled(s, i, p):
    v = s.v * 0.5 + p.k * exp(i * 0.25) + log(maximum(s.v, 0.25)) - sigmoid(s.w) * s.v
    return {"v": where(v >= 20, 0, v), "w": sqrt(maximum(s.v, 0)) + exprel(s.w), "spike": v >= 20}


DEFINITIONS = {"divided": divided(10.0), "small": divided(0.01), "exponential": slow_exponential}
FORMATS = [Format(8, 8), Format(8, 12), Format(8, 16), Format(8, 20), Format(4, 4), Format(6, 10)]


@pytest.mark.parametrize("name", DEFINITIONS)
@pytest.mark.parametrize("format", FORMATS, ids=str)
def test_a_state_is_within_two_steps_of_its_equation(name, format, rng):
    definition = DEFINITIONS[name]
    fixed = FixedNeuron.of(definition, Arithmetic(format=format, digits=12))
    assert all(table.steps <= WORTH_A_WARNING for table in fixed.tables)
    low, high = fixed.bounds["w"]
    for _ in range(400):
        states = {"v": rng.randint(format.min, format.max) >> rng.randrange(6), "w": 0}
        after, _ = integers.step(fixed, states, {"i": 0})
        real = {key: format.real(value) for key, value in states.items()}
        wanted, _ = reals.step(definition, real, {"i": 0.0}, {})
        limited = max(low, min(high, wanted["w"] * 2**format.fraction))
        assert abs(after["w"] - limited) <= 2.0 + 12 * 2**-12 * abs(limited)


def test_an_exponential_is_not_cut_before_its_coefficient():
    fixed = FixedNeuron.of(slow_exponential, Arithmetic(format=Format(8, 8)))
    after, _ = integers.step(fixed, {"v": 9 << 8, "w": 0}, {"i": 9 << 8})
    assert after["w"] / 256 == pytest.approx(0.001 * math.exp(9), abs=0.06)  # of the coefficient


@pytest.mark.parametrize(("name", "preset"), NEURONS)
def test_no_table_of_a_neuron_can_be_seen_in_a_state(name, preset):
    fixed = CORES[name].build(preset).fixed  # pyright: ignore[reportAttributeAccessIssue]
    assert all(0 < table.steps <= WORTH_A_WARNING for table in fixed.tables)


def test_some_neurons_have_tables():
    assert {name for name, _ in NEURONS} >= {"clif", "exp_if", "adex"}


def test_a_vector_of_parameters_looks_up_what_each_alone_does(rng):
    arithmetic = Arithmetic(format=Format(6, 6))
    scales = (0.125, 1.0, 8.0)  # powers of two: their coefficients are exact however given
    together = FixedNeuron.of(scaled, arithmetic, {"k": scales})
    assert len(together.tables) > len(FixedNeuron.of(scaled, arithmetic, {"k": 1.0}).tables)
    for n, k in enumerate(scales):
        alone = FixedNeuron.of(scaled, arithmetic, {"k": k})
        for _ in range(100):
            states = {name: rng.randint(-2048, 2047) for name in ("v", "w")}
            given = {"i": rng.randint(-2048, 2047)}
            after = integers.step(together, states, given, neuron=n)
            assert after == integers.step(alone, states, given)


def test_a_table_that_cannot_be_precise_is_told():
    @neuron()
    def steep(s, i, p):
        return {"v": s.v + i, "w": s.w * s.v * s.v * exp(s.v)}

    with pytest.warns(PrecisionWarning) as told:
        FixedNeuron.of(steep, Arithmetic(format=Format(8, 8)))
    (one,) = told
    assert re.fullmatch(
        r"steep in Q8\.8: the table of exp can be off by \S+, which is \S+ steps of w; limit the "
        r"argument, or what the result is multiplied by, with minimum\(\), maximum\(\) or clip\(\)",
        str(one.message),
    )


BOUNDS = (1e-4, 0.003, 0.3, 2.0)


@neuron(least=Parameter(1e-4, "smallest divisor"))
def bounded(s, i, p):
    return {"v": s.v * 0.5 + 0.001 / maximum(i, p.least)}


@pytest.mark.parametrize("format", [Format(4, 4), Format(8, 8), Format(8, 16)], ids=str)
def test_a_small_bound_is_not_rounded_away(format):
    together = FixedNeuron.of(bounded, Arithmetic(format=format), {"least": BOUNDS})
    for n, least in enumerate(BOUNDS):
        fixed = FixedNeuron.of(bounded, Arithmetic(format=format), {"least": least})
        for stored in (-5, 0, 1, 2, 40):
            after, _ = integers.step(fixed, {"v": 0}, {"i": stored})
            assert after == integers.step(together, {"v": 0}, {"i": stored}, neuron=n)[0]
            wanted = min(0.001 / max(format.real(stored), least), format.real(format.max))
            # The bound keeps five bits, the coefficient's digits nearly seven.
            assert abs(format.real(after["v"]) - wanted) <= 0.05 * wanted + 2 * format.real(1)


def test_every_function_is_known_to_reals_and_integers():
    for name in FUNCTIONS:
        assert real_function(name)(1.0) == pytest.approx(KNOWN[name](1.0), rel=1e-12)
        node = Expression(name, Expression.leaf("v"))
        if name != "reciprocal":  # an equation writes 1 / x
            (found,) = evaluate({"": node}, {"v": 1.0}, reals.Reals()).values()
            assert found == pytest.approx(KNOWN[name](1.0), rel=1e-12)


KNOWN = {
    "exp": math.exp,
    "expm1": lambda x: math.exp(x) - 1,
    "exprel": lambda x: (math.exp(x) - 1) / x,
    "log": math.log,
    "sqrt": math.sqrt,
    "tanh": lambda x: (math.exp(x) - math.exp(-x)) / (math.exp(x) + math.exp(-x)),
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "reciprocal": lambda x: 1 / x,
}


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
        (2.0**-25, [(1, -25)]),
        (-3 * 2.0**-40, [(-1, -38), (1, -40)]),
        (1 + 2.0**-24, [(1, 0), (1, -24)]),
        (1 + 2.0**-25, [(1, 0)]),  # more than 24 bits below the first digit
    ],
)
def test_coefficients_by_hand(value, digits):
    assert signed_digits(value, 4) == digits


@pytest.mark.parametrize("count", [1, 2, 3, 4, 8])
def test_each_digit_leaves_at_most_a_third(count, rng):
    for _ in range(2000):
        value = rng.choice([-1, 1]) * 2.0 ** rng.uniform(-40, 40)
        digits = signed_digits(value, count)
        assert len(digits) <= count
        left = abs(value - sum(sign * 2.0**exponent for sign, exponent in digits))
        assert left <= abs(value) * max(3.0**-count, 2.0**-24)


def test_a_coefficient_with_few_digits_is_exact(rng):
    for _ in range(500):
        exponents = rng.sample(range(-8, 4, 2), 3)
        value = sum(rng.choice([-1, 1]) * 2.0**exponent for exponent in exponents)
        assert sum(sign * 2.0**exponent for sign, exponent in signed_digits(value, 3)) == value


@pytest.mark.parametrize("power", [63, 64, 65, 72])
@pytest.mark.parametrize("function", ["log", "sqrt"])
def test_arguments_of_more_than_64_bits_have_a_segment(function, power):
    table = tabulate(
        function, fraction=11, interval=Interval(1 << 11, 1 << power), argument=11, result=11,
        limit=40,
    )
    for argument in (1 << 63, (1 << power) - 1, 1 << power):
        value = real_function(function)(argument * 2.0**-11)
        assert table.value(argument) * 2.0**-11 == pytest.approx(value, abs=table.error)


def test_a_logarithm_of_one_and_an_exponential_runs_over_the_whole_format():
    @neuron()
    def softplus(s, i, p):
        return {"v": i + log(1 + exp(s.v)) / 4}

    with pytest.warns(PrecisionWarning, match="the table of exp can be off"):
        fixed = FixedNeuron.of(softplus, Arithmetic(format=Format(8, 8)))
    for v in range(*fixed.bounds["v"], 251):
        integers.step(fixed, {"v": v}, {"i": 0})
