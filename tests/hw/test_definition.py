"""Neuron definitions: tracing; and integers, gateware and intervals that agree on any equations."""

import math
import re
import warnings
from collections.abc import Sequence

import pytest
from amaranth import Module, Signal, signed
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from spikewright_hw.definition import gateware, integers
from spikewright_hw.definition.definition import (
    Definition,
    Input,
    Parameter,
    State,
    neuron,
)
from spikewright_hw.definition.expression import (
    Expression,
    Operations,
    exp,
    maximum,
    minimum,
    sigmoid,
    tanh,
    where,
)
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.definition.graph import evaluate, listing
from spikewright_hw.definition.interval import Interval
from spikewright_hw.definition.pipeline import depth
from spikewright_hw.definition.precision import PrecisionWarning
from spikewright_hw.fixed import Format
from spikewright_hw.neuron import DEFINITIONS

from .simulation import Simulator

FORMATS = [Format(2, 0), Format(1, 3), Format(4, 3), Format(8, 8)]
#: An input may be far wider than a state.
WIDE_INPUT = 24

# Made-up definitions ------------------------------------------------------------------------------

LEAVES = {name: Expression.leaf(name) for name in ("v", "w", "count", "i", "r", "level", "factor")}
SQUASHED = (sigmoid, tanh, lambda x: exp(minimum(x, 2.0)))


def _extend(children):
    condition = st.builds(
        lambda kind, a, b: a > b if kind else a >= b, st.booleans(), children, children
    )
    return st.one_of(
        st.builds(lambda a, b: a + b, children, children),
        st.builds(lambda a, b: a - b, children, children),
        st.builds(lambda a: a * LEAVES["factor"], children),
        st.builds(lambda a, b: a * b, children, st.sampled_from([LEAVES["v"], LEAVES["i"]])),
        st.builds(minimum, children, children),
        st.builds(maximum, children, children),
        st.builds(where, condition, children, children),
        st.builds(lambda c, a: c * a, condition, children),
        st.builds(lambda f, a: f(a), st.sampled_from(SQUASHED), children),
    )


EXPRESSIONS = st.recursive(
    st.one_of(
        st.sampled_from([LEAVES[name] for name in ("v", "w", "count", "i", "r", "level")]),
        st.floats(-4, 4, width=16).map(Expression.of),
    ),
    _extend,
    max_leaves=7,
)


@st.composite
def cases(draw):
    """Draw a compiled neuron, and states and inputs to try it on."""
    format = draw(st.sampled_from(FORMATS))
    spike = draw(EXPRESSIONS) >= draw(EXPRESSIONS) + LEAVES["v"]
    definition = Definition(
        name="made_up",
        doc="",
        inputs={"i": Input(), "r": Input("recurrent")},
        states={"v": State(), "w": State(guard=3), "count": State(bits=4)},
        parameters={"level": Parameter(0.5, "", "level"), "factor": Parameter(0.7, "")},
        update={
            "v": draw(EXPRESSIONS), "w": draw(EXPRESSIONS),
            "count": where(spike, 3, maximum(LEAVES["count"] - 1, 0)), "spike": spike,
        },
    )
    arithmetic = Arithmetic(
        format=format,
        rounding=draw(st.sampled_from(["half_up", "floor"])),
        saturation=draw(st.sampled_from(["full", "symmetric", "positive"])),
        digits=draw(st.integers(1, 4)),
    )
    parameters = {"factor": draw(st.one_of(st.just(0.0), st.floats(-2, 2))), "level": 0.25}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PrecisionWarning)  # however imprecise, all must agree
            fixed = FixedNeuron.of(definition, arithmetic, parameters)
    except ValueError as error:
        assert "the condition is always" in str(error)  # v >= v, say
        assume(False)
        raise
    ranges = [fixed.bounds[name] for name in fixed.formats]
    state = st.tuples(
        *(st.one_of(st.integers(*ends), st.sampled_from(ends)) for ends in ranges)
    )
    half = 1 << (WIDE_INPUT - 1)
    any_input = st.integers(-half, half - 1)
    inputs = draw(st.lists(st.tuples(state, any_input, any_input), min_size=1, max_size=6))
    return fixed, inputs


def in_gateware(fixed: FixedNeuron, trials: Sequence) -> list[tuple[dict[str, int], bool]]:
    """Run steps in Amaranth's simulator; a trial is the states in order, then the inputs."""
    m = Module()
    before = {
        name: Signal(signed(form.width), name=name) for name, form in fixed.formats.items()
    }
    inputs = {name: Signal(signed(WIDE_INPUT), name=name) for name in fixed.definition.inputs}
    values, fires = gateware.step(fixed, before, inputs, m=m)
    after = {name: Signal(signed(80), name=f"{name}_after") for name in before}
    spike = Signal()
    m.d.comb += [after[name].eq(value) for name, value in values.items()]
    m.d.comb += spike.eq(fires)
    results = []

    async def bench(ctx):
        for states, *values_in in trials:
            for signal, value in zip(before.values(), states, strict=True):
                ctx.set(signal, value)
            for signal, value in zip(inputs.values(), values_in, strict=True):
                ctx.set(signal, value)
            await ctx.delay(1e-9)
            given_states = {name: ctx.get(signal) for name, signal in after.items()}
            results.append((given_states, bool(ctx.get(spike))))

    simulator = Simulator(m)
    simulator.add_testbench(bench)
    simulator.run()
    return results


class Exact(Operations):
    @staticmethod
    def where(condition, yes, no):
        return yes if condition else no


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_integers_gateware_and_intervals_agree(case):
    fixed, trials = case
    half = 1 << (WIDE_INPUT - 1)
    ranges = fixed.ranges(dict.fromkeys(fixed.definition.inputs, Interval(-half, half - 1)))
    computed = in_gateware(fixed, trials)
    for (states, i, r), in_hardware in zip(trials, computed, strict=True):
        before = dict(zip(fixed.formats, states, strict=True))
        unsaturated = evaluate(fixed.update, before | {"i": i, "r": r}, Exact())
        for name, value in unsaturated.items():
            assert ranges[name].low <= value <= ranges[name].high
        step = integers.step(fixed, before, {"i": i, "r": r})
        assert step == in_hardware
        for name, (low, high) in fixed.bounds.items():
            clamped = sorted((low, unsaturated[name], high))[1]
            assert step[0][name] == clamped, "a state saturates, it never wraps"


#: Products of which one factor is zero, by a parameter, by a constant or by its range.
LOST = {
    "parameter": sigmoid(LEAVES["v"]) * LEAVES["factor"] + LEAVES["i"] / 2,
    "numerator": LEAVES["factor"] / maximum(LEAVES["v"], 0.5) + LEAVES["i"],
    "nested": tanh(sigmoid(LEAVES["v"]) * LEAVES["factor"]) * LEAVES["factor"] + LEAVES["i"],
    "constant": 0.0 * exp(minimum(LEAVES["v"], 1.0)) + LEAVES["i"] / 4,
    "range": minimum(LEAVES["v"], 0.0) * sigmoid(LEAVES["i"]) + LEAVES["i"] / 4,
    "small": LEAVES["i"] / maximum(LEAVES["v"], 1000.0),
    "compared": where(sigmoid(LEAVES["v"]) * LEAVES["factor"] > 0.25, LEAVES["v"], LEAVES["i"]),
}


@pytest.mark.parametrize("format", FORMATS, ids=str)
@pytest.mark.parametrize("saturation", ["full", "positive"])
@pytest.mark.parametrize("equation", LOST.values(), ids=LOST)
def test_a_function_that_is_multiplied_by_zero(equation, saturation, format):
    definition = Definition(
        name="made_up",
        doc="",
        inputs={"i": Input()},
        states={"v": State()},
        parameters={"factor": Parameter(0.7, "")},
        update={"v": equation, "spike": LEAVES["v"] >= 1.0},
    )
    arithmetic = Arithmetic(format=format, saturation=saturation)
    factors = (0.0, 0.5, 0.0, 1.75)
    together = FixedNeuron.of(definition, arithmetic, {"factor": factors})
    low, high = together.bounds["v"]
    for n, factor in enumerate(factors):
        alone = FixedNeuron.of(definition, arithmetic, {"factor": factor})
        vectors = {name: values[n] for name, values in together.vectors.items()}
        for v in {low, low // 2, 0, 1, high // 3, high}:
            for i in {format.min, -1, 0, 3, format.max}:
                leaves = {"v": v, "i": i}
                expected = evaluate(alone.update, leaves, Exact())
                assert evaluate(together.update, leaves | vectors, Exact()) == expected


@pytest.mark.parametrize("width", range(1, 8))
def test_gateware_saturates_as_integers_do(width):
    m = Module()
    value = Signal(signed(width))
    ends = [(-8, 7), (-7, 7), (0, 7), (-1, 0)]
    limited = [Signal(signed(8), name=f"limited_{n}") for n in range(len(ends))]
    for one, (low, high) in zip(limited, ends, strict=True):
        m.d.comb += one.eq(gateware.saturate(value, low, high))
    half = 1 << (width - 1)

    async def bench(ctx):
        for x in range(-half, half):
            ctx.set(value, x)
            for one, (low, high) in zip(limited, ends, strict=True):
                assert ctx.get(one) == max(low, min(high, x)), (x, low, high)

    simulator = Simulator(m)
    simulator.add_testbench(bench)
    simulator.run()


@settings(max_examples=60, deadline=None)
@given(
    st.data(), st.sampled_from(sorted(DEFINITIONS)), st.sampled_from([*FORMATS[2:], Format(9, 5)])
)
def test_neurons_agree_at_all_formats(data, name, format):
    definition = DEFINITIONS[name]
    room = 2.0 ** (format.integer - 1)
    levels = {
        key: min(p.default, room - 1)
        for key, p in definition.parameters.items()
        if p.unit == "level"
    }
    fixed = FixedNeuron.of(definition, Arithmetic(format=format), levels)
    state = st.tuples(*(st.integers(*fixed.bounds[key]) for key in fixed.formats))
    one = st.integers(4 * format.min, 4 * format.max)
    trial = st.tuples(state, *[one] * len(definition.inputs))
    trials = data.draw(st.lists(trial, min_size=1, max_size=8))
    for (states, *given_inputs), in_hardware in zip(
        trials, in_gateware(fixed, trials), strict=True
    ):
        before = dict(zip(fixed.formats, states, strict=True))
        inputs = dict(zip(definition.inputs, given_inputs, strict=True))
        assert integers.step(fixed, before, inputs) == in_hardware


def test_a_half_that_makes_a_round_number_is_rounded_up():
    @neuron(count=State(bits=4), w=State(guard=3))
    def halves(s, i, p):
        return {"v": s.count + 15 / 16, "count": s.count, "w": s.w + i}

    fixed = FixedNeuron.of(halves, Arithmetic(format=Format(4, 3)))
    states, _ = integers.step(fixed, {"v": 0, "count": 2, "w": 0}, {"i": 0})
    assert states["v"] == 3 << 3  # 2.9375 lies between 2.875 and 3


@settings(deadline=None)
@given(
    st.floats(-2, 2, width=16), st.floats(-2, 2, width=16), st.integers(-40, 40),
    st.sampled_from(["half_up", "floor"]), st.integers(0, 3),
)
def test_what_is_compared_is_what_is_stored(drift, peak, i, rounding, fraction):
    """Its constant is rounded with it, and that of the other side by itself."""

    @neuron(drift=Parameter(0.0, "constant"), peak=Parameter(0.0, "constant"))
    def drifting(s, i, p):
        u = 0.75 * s.v + i + p.drift
        return {"v": u, "spike": u >= p.peak}

    arithmetic = Arithmetic(format=Format(8, fraction), rounding=rounding)
    fixed = FixedNeuron.of(drifting, arithmetic, {"drift": drift, "peak": peak})
    states, spike = integers.step(fixed, {"v": 3}, {"i": i})
    assert spike == (states["v"] + math.floor(-peak * 2**fraction + 0.5) >= 0)


# Intervals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "width"),
    [(0, 0, 1), (-1, 0, 1), (0, 1, 2), (-2, 1, 2), (-128, 127, 8), (-129, 0, 9), (0, 128, 9)],
)
def test_width_is_the_narrowest(low, high, width):
    assert Interval(low, high).width == width


def test_ranges_of_lif_by_hand():
    arithmetic = Arithmetic(format=Format(4, 0), rounding="floor")  # -8 to 7
    fixed = FixedNeuron.of(DEFINITIONS["lif"], arithmetic, {"decay": 0.5, "threshold": 3.0})
    # v / 2 + i lies in -4 - 2 to 3.5 + 2, and a spike takes 3 from it.
    assert fixed.ranges({"i": Interval(-2, 2)}) == {"v": Interval(-9, 5), "spike": Interval(0, 1)}


# Tracing ------------------------------------------------------------------------------------------


def test_the_graph_is_what_was_written():
    @neuron(factor=Parameter(0.5, "factor"), r=Input("recurrent"), w=State("slow", guard=2))
    def traced(s, i, r, p):
        """Say what it is."""
        u = 1 - -s.v
        return {"v": where(i < u, u, 2 + i), "w": s.w * p.factor + r, "spike": u <= i / 2}

    assert (traced.name, traced.doc) == ("traced", "Say what it is.")
    assert list(traced.states) == ["v", "w"]
    assert (traced.states["w"].guard, traced.states["v"].guard) == (2, 0)
    assert {name: one.source for name, one in traced.inputs.items()} == {
        "i": "all", "r": "recurrent",
    }
    u = "subtract(constant(1), subtract(constant(0), leaf('v')))"
    assert repr(traced.update["v"]) == (
        f"where(greater({u}, leaf('i')), {u}, add(constant(2), leaf('i')))"
    )
    assert repr(traced.update["spike"]) == f"at_least(divide(leaf('i'), constant(2)), {u})"
    assert traced.spikes


def test_a_shared_node_is_computed_once():
    class Counting(Exact):
        added = 0

        @staticmethod
        def add(a, b):
            Counting.added += 1
            return a + b

    shared = LEAVES["v"] + 1
    assert evaluate({"a": shared + shared, "b": shared}, {"v": 3}, Counting()) == {"a": 8, "b": 4}
    assert Counting.added == 2


def test_the_half_of_rounding_takes_no_adder():
    fixed = FixedNeuron.of(DEFINITIONS["li"], Arithmetic(format=Format(8, 4)))
    # It lies below 8 v, not below the current, which would reach lower than it does.
    assert listing(fixed.update).splitlines()[:9] == [
        "%0 = leaf 'v'", "%1 = shift_left %0 1", "%2 = constant 1", "%3 = add %1 %2",
        "%4 = shift_left %3 2", "%5 = subtract %4 %0", "%6 = leaf 'i'", "%7 = shift_left %6 3",
        "%8 = add %5 %7",
    ]
    assert depth(fixed) == 3  # 8 v less v, the current, and saturation


def test_a_constant_without_room_below_a_term_is_added_to_the_current():
    fixed = FixedNeuron.of(
        DEFINITIONS["nir_li"], Arithmetic(format=Format(8, 4)), {"v_leak": 3.0}
    )
    assert listing(fixed.update).splitlines()[3:7] == [
        "%3 = leaf 'i'", "%4 = shift_left %3 1", "%5 = constant 13", "%6 = add %4 %5",
    ]


def test_a_listing_names_each_node_once():
    shared = LEAVES["v"] + 1
    assert listing({"a": shared + shared}) == (
        "%0 = leaf 'v'\n%1 = constant 1\n%2 = add %0 %1\n%3 = add %2 %2\na = %3"
    )


NO_IF = "an equation cannot branch with `if`; use where(condition, a, b)"
NO_TEXT = "an equation computes with numbers and the neuron's values, not 'one'"
UNSET = (
    "<lambda> reads the state trace but gives it no next value; add trace=... to what it returns"
)
BOTH = "<lambda> has a state and a parameter that are both called leak; rename one of them"
TAKEN = "<lambda> calls a state i, which is what arrives in a step; rename the state"


@pytest.mark.parametrize(
    ("update", "error", "message"),
    [
        (lambda s, i, p: {"v": i if s.v > 0 else s.v}, TypeError, NO_IF),
        (lambda s, i, p: {"v": where(s.v > 0 and i > 0, s.v, i)}, TypeError, NO_IF),
        (lambda s, i, p: {"v": s.v + "one"}, TypeError, NO_TEXT),
        (lambda s, i, p: {"v": s.v + s.trace}, ValueError, UNSET),
        (lambda s, i, p: {"v": s.v + i, "leak": s.leak}, ValueError, BOTH),
        (lambda s, i, p: {"v": s.v + i, "i": i}, ValueError, TAKEN),
    ],
)
def test_what_cannot_be_traced_is_refused(update, error, message):
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        neuron(leak=Parameter(3, "leak"))(update)


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"w": State("slow")}, "<lambda> declares w, and has no such state or input"),
        (
            {"i": State("current")},
            (
                "i is declared as State(meaning='current', unit='level', start=0.0, guard=0, "
                "bits=None); it is an input"
            ),
        ),
        ({"i": Parameter(1, "current")},
         "<lambda> has an input and a parameter called i; rename one"),
    ],
)
def test_a_declaration_without_its_thing_is_refused(declared, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        neuron(**declared)(lambda s, i, p: {"v": s.v + i})


def test_a_neuron_that_can_never_spike_is_refused():
    @neuron()
    def mute(s, i, p):
        return {"v": s.v + i, "spike": s.v > s.v}

    message = "mute.spike: the condition is always false, whatever the states and inputs"
    with pytest.raises(ValueError, match=f"^{message}$"):
        FixedNeuron.of(mute, Arithmetic(format=Format(4, 4)))


# Parameters ---------------------------------------------------------------------------------------


def test_parameters_take_their_defaults():
    assert DEFINITIONS["lif"].values({"threshold": 2}) == {"decay": 0.875, "threshold": 2}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"tau": 2}, "lif has no parameter tau; it has decay, threshold"),
        ({"decay": 1.5}, "lif.decay is 1.5; it lies in 0 to 1"),
        ({"decay": (0.5, -0.5)}, "lif.decay is -0.5; it lies in 0 to 1"),
        ({"decay": float("nan")}, "lif.decay is nan; it lies in 0 to 1"),
        ({"threshold": 8}, "lif.threshold is 8; a Q4.4 level lies in -8 to 7.9375"),
        ({"threshold": (1, -9)}, "lif.threshold is -9; a Q4.4 level lies in -8 to 7.9375"),
        ({"threshold": float("inf")}, "lif.threshold is inf; it must be a finite number"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        FixedNeuron.of(DEFINITIONS["lif"], Arithmetic(format=Format(4, 4)), parameters)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"rounding": "up"}, "rounding is 'up'; it is half_up or floor"),
        ({"saturation": "wrap"}, "saturation is 'wrap'; it is full, symmetric or positive"),
        ({"digits": 0}, "digits is 0; it must be a whole number from 1 to 24"),
    ],
)
def test_arithmetic_that_there_is_not_is_refused(keywords, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Arithmetic(format=Format(8, 8), **keywords)
