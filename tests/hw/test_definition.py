"""Neuron definitions: tracing, and integers, gateware and intervals that agree on any graph."""

import re
from collections.abc import Sequence

import pytest
from amaranth import Module, Signal, signed
from amaranth.sim import Simulator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spikewright_hw.definition import gateware, integers
from spikewright_hw.definition.definition import Definition, Parameter, neuron
from spikewright_hw.definition.expression import Expression, Operations, evaluate, where
from spikewright_hw.definition.intervals import Interval, ranges
from spikewright_hw.fixed import Format
from spikewright_hw.neuron import DEFINITIONS

FORMATS = [Format(1, 0), Format(2, 0), Format(1, 3), Format(4, 3), Format(8, 8)]
#: A current may be far wider than a state.
CURRENT = 24


class Exact(Operations):
    @staticmethod
    def where(condition, yes, no):
        return yes if condition else no


def exact(definition: Definition, states, i: int, parameters) -> dict[str, int]:
    """Next values before saturation."""
    return evaluate(definition.update, {**states, **parameters, "i": i}, Exact())


# Made-up definitions ------------------------------------------------------------------------------

LEAVES = {name: Expression.leaf(name) for name in ("v", "w", "i", "level", "shift")}
BINARY = ("add", "subtract", "greater", "at_least")


def _extend(children):
    binary = st.sampled_from(BINARY)
    by = st.one_of(st.just(LEAVES["shift"]), st.integers(0, 12).map(Expression.of))
    return st.one_of(
        st.builds(Expression, binary, children, children),
        st.builds(Expression, st.just("shift_right"), children, by),
        st.builds(where, children, children, children),
    )


EXPRESSIONS = st.recursive(
    st.one_of(
        st.sampled_from([LEAVES[name] for name in ("v", "w", "i", "level")]),
        st.integers(-300, 300).map(Expression.of),
    ),
    _extend,
    max_leaves=12,
)


@st.composite
def cases(draw):
    """Draw a definition, a format, parameters and some states and currents."""
    format = draw(st.sampled_from(FORMATS))
    stored = st.integers(format.min, format.max)
    corners = st.sampled_from([format.min, format.max, 0])
    definition = Definition(
        name="made_up",
        doc="",
        states=("v", "w"),
        parameters={"level": Parameter("level", 1.0, ""), "shift": Parameter("shift", 1, "")},
        update={name: draw(EXPRESSIONS) for name in ("v", "w", "spike")},
    )
    parameters = {"level": draw(stored), "shift": draw(st.integers(0, format.width))}
    any_current = st.integers(-(1 << (CURRENT - 1)), (1 << (CURRENT - 1)) - 1)
    low, high = sorted([draw(any_current), draw(any_current)])
    state = st.one_of(stored, corners)
    inputs = draw(
        st.lists(st.tuples(state, state, st.integers(low, high)), min_size=1, max_size=8)
    )
    return definition, format, parameters, Interval(low, high), inputs


def in_gateware(
    definition: Definition, format: Format, parameters, inputs: Sequence[tuple[int, ...]]
) -> list[tuple[dict[str, int], bool]]:
    """Run steps in Amaranth's simulator; an input is the states in order, then the current."""
    m = Module()
    shape = signed(format.width)
    before = {name: Signal(shape, name=name) for name in definition.states}
    after = {name: Signal(shape, name=f"{name}_after") for name in definition.states}
    current = Signal(signed(CURRENT))
    spike = Signal()
    values, fires = gateware.step(
        definition, before, current, parameters=parameters, format=format
    )
    m.d.comb += [after[name].eq(value) for name, value in values.items()]
    m.d.comb += spike.eq(fires)
    results = []

    async def bench(ctx):
        for *states, i in inputs:
            for signal, value in zip([*before.values(), current], [*states, i], strict=True):
                ctx.set(signal, value)
            await ctx.delay(1e-9)
            given_states = {name: ctx.get(signal) for name, signal in after.items()}
            results.append((given_states, bool(ctx.get(spike))))

    simulator = Simulator(m)
    simulator.add_testbench(bench)
    simulator.run()
    return results


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_integers_gateware_and_intervals_agree(case):
    definition, format, parameters, current, inputs = case
    bounds = ranges(definition, i=current, parameters=parameters, format=format)
    computed = in_gateware(definition, format, parameters, inputs)
    for (v, w, i), in_hardware in zip(inputs, computed, strict=True):
        states = {"v": v, "w": w}
        unsaturated = exact(definition, states, i, parameters)
        for name, value in unsaturated.items():
            assert bounds[name].low <= value <= bounds[name].high
        step = integers.step(definition, states, i, parameters=parameters, format=format)
        assert step == in_hardware
        for name in states:
            clamped = sorted((format.min, unsaturated[name], format.max))[1]
            assert step[0][name] == clamped, "a state saturates, it never wraps"


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from(sorted(DEFINITIONS)), st.sampled_from(FORMATS))
def test_neurons_agree_at_all_formats(data, name, format):
    definition = DEFINITIONS[name]
    kinds = {"shift": st.integers(0, format.width), "level": st.integers(format.min, format.max)}
    parameters = {name: data.draw(kinds[p.kind]) for name, p in definition.parameters.items()}
    stored = st.integers(format.min, format.max)
    current = st.integers(4 * format.min, 4 * format.max)
    one = st.tuples(*[stored] * len(definition.states), current)
    inputs = data.draw(st.lists(one, min_size=1, max_size=20))
    for (*states, i), in_hardware in zip(
        inputs, in_gateware(definition, format, parameters, inputs), strict=True
    ):
        before = dict(zip(definition.states, states, strict=True))
        step = integers.step(definition, before, i, parameters=parameters, format=format)
        assert step == in_hardware


# Intervals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "width"),
    [(0, 0, 1), (-1, 0, 1), (0, 1, 2), (-2, 1, 2), (-128, 127, 8), (-129, 0, 9), (0, 128, 9)],
)
def test_width_is_the_narrowest(low, high, width):
    assert Interval(low, high).width == width


def test_ranges_of_lif_by_hand():
    format = Format(4, 0)  # -8 to 7
    parameters = {"leak": 1, "threshold": 3}
    found = ranges(DEFINITIONS["lif"], i=Interval(-2, 2), parameters=parameters, format=format)
    # v - (v >> 1) + i lies in -8 - 3 - 2 to 7 + 4 + 2, and a spike takes 3 from it.
    assert found == {"v": Interval(-16, 13), "spike": Interval(0, 1)}


# Tracing ------------------------------------------------------------------------------------------


def test_the_graph_is_what_was_written():
    @neuron(leak=Parameter("shift", 2, "leak"))
    def traced(s, i, p):
        """Say what it is."""
        u = 1 - -s.v
        return {"v": where(i < u, u, 2 + i), "spike": u <= (i >> p.leak)}

    assert (traced.name, traced.doc, traced.states) == ("traced", "Say what it is.", ("v",))
    u = "subtract(constant(1), subtract(constant(0), leaf('v')))"
    assert repr(traced.update["v"]) == (
        f"where(greater({u}, leaf('i')), {u}, add(constant(2), leaf('i')))"
    )
    assert repr(traced.update["spike"]) == f"at_least(shift_right(leaf('i'), leaf('leak')), {u})"
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


NO_IF = "an equation cannot branch with `if`; use where(condition, a, b)"
NO_FLOATS = (
    "an equation computes with integers and the neuron's own values, not 0.5; "
    "make a real constant a parameter, so that it gets a format"
)
UNSET = (
    "<lambda> reads the state trace but gives it no next value; add trace=... to what it returns"
)
BOTH = "<lambda> has a state and a parameter that are both called leak; rename one of them"
TAKEN = "<lambda> calls a state i, which is the step's current; rename the state"


@pytest.mark.parametrize(
    ("update", "error", "message"),
    [
        (lambda s, i, p: {"v": i if s.v > 0 else s.v}, TypeError, NO_IF),
        (lambda s, i, p: {"v": where(s.v > 0 and i > 0, s.v, i)}, TypeError, NO_IF),
        (lambda s, i, p: {"v": s.v + 0.5}, TypeError, NO_FLOATS),
        (lambda s, i, p: {"v": 0.5}, TypeError, NO_FLOATS),
        (lambda s, i, p: {"v": s.v + s.trace}, ValueError, UNSET),
        (lambda s, i, p: {"v": s.v + i, "leak": s.leak}, ValueError, BOTH),
        (lambda s, i, p: {"v": s.v + i, "i": i}, ValueError, TAKEN),
    ],
)
def test_what_cannot_be_traced_is_refused(update, error, message):
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        neuron(leak=Parameter("shift", 3, "leak"))(update)


# Parameters ---------------------------------------------------------------------------------------


def test_defaults_are_stored_integers():
    assert DEFINITIONS["lif"].defaults(Format(8, 8)) == {"leak": 3, "threshold": 256}
    assert DEFINITIONS["lif"].defaults(Format(1, 3)) == {"leak": 3, "threshold": 7}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"leak": 3}, "lif needs the parameter threshold, and it is missing"),
        (
            {"leak": 3, "threshold": 1, "tau": 2},
            "lif has no parameter tau; it has leak, threshold",
        ),
        (
            {"leak": 9, "threshold": 1},
            "lif.leak is 9; a shift of a Q4.4 state lies in 0 to 8",
        ),
        (
            {"leak": -1, "threshold": 1},
            "lif.leak is -1; a shift of a Q4.4 state lies in 0 to 8",
        ),
        (
            {"leak": 3, "threshold": 128},
            "lif.threshold is 128; a level of a Q4.4 state lies in -128 to 127",
        ),
        (
            {"leak": 3, "threshold": -129},
            "lif.threshold is -129; a level of a Q4.4 state lies in -128 to 127",
        ),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        DEFINITIONS["lif"].check(parameters, Format(4, 4))


def test_ends_of_the_ranges_are_allowed():
    for parameters in ({"leak": 0, "threshold": -128}, {"leak": 8, "threshold": 127}):
        DEFINITIONS["lif"].check(parameters, Format(4, 4))
