"""Texts to expressions and back: the parser against Python, and the source against the graph."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spikewright.equations.compile import Compiled
from spikewright.equations.document import body, functions
from spikewright.equations.parse import parse
from spikewright.equations.place import EquationError, Text
from spikewright.equations.source import WIDTH, one_line, statement
from spikewright.equations.specification import Specification
from spikewright_hw.definition import expression, reals
from spikewright_hw.definition.definition import Definition, Parameter, State, neuron
from spikewright_hw.definition.expression import Expression

NAMES = ("v", "w", "i", "k")
#: What a text means to Python: an oracle that shares nothing with the parser but the grammar.
PYTHON: dict[str, Any] = {
    "exp": math.exp, "tanh": math.tanh, "sigmoid": lambda x: 1 / (1 + math.exp(-x)), "abs": abs,
    "expm1": math.expm1, "exprel": lambda x: math.expm1(x) / x if x else 1.0,
    "min": min, "max": max, "clip": lambda x, low, high: min(max(x, low), high),
    "where": lambda condition, yes, no: yes if condition else no,
}
GRAPH: dict[str, Any] = {name: getattr(expression, name) for name in expression.__all__}

# Texts --------------------------------------------------------------------------------------------

LEAVES = (*NAMES, "0", "3", "9", "0.25", "1.5", "2e-1")
#: Numbers, in which {0} and {1} are numbers and {c} is a condition.
NUMBERS = (
    "{0} + {1}", "{0}-{1}", "{0}*{1}", "({0} + {1})", "({0} - {1})", "-{0}", "({0})/(v*v + 2)",
    "({0})**2", "({0})**3", "tanh({0})", "abs({0})", "min({0}, {1})", "max({0}, {1}, k)",
    "expm1(min({0}, 3))", "exprel(min({0}, 3))",
    "clip({0}, -1, k + 20)", "({0} if {c} else {1})", "where({c}, {0}, {1})", "sigmoid({0})",
)
#: Conditions; v is in each, so that none is known beforehand.
CONDITIONS = (
    "{0} > {1} + v", "{0} + v >= {1}", "{0} < v < {1}", "v <= {0}", "not {c}", "{c} and {d}",
    "{c} or {d}", "({c} or {d})",
)


@st.composite
def texts(draw, kinds=NUMBERS, size: int = 4) -> str:
    """Draw the text of a number, or of a condition."""
    if kinds is NUMBERS and draw(st.integers(0, size)) == 0:
        return draw(st.sampled_from(LEAVES))
    form = draw(st.sampled_from(kinds[:4] if size == 0 else kinds))
    smaller = max(size - 1, 0)
    parts = {
        name: draw(texts(CONDITIONS, smaller)) for name in ("c", "d") if f"{{{name}}}" in form
    }
    return form.format(*(draw(texts(NUMBERS, smaller)) for _ in range(2)), **parts)


TEXTS = texts()
VALUES = st.fixed_dictionaries(dict.fromkeys(NAMES, st.floats(-3, 3)))


def worked_out(node: Expression, values: dict[str, float]) -> float:
    definition = Definition("one", "", {}, {}, {}, {"out": node})
    return reals.step(definition, {}, {}, values)[0]["out"]


def read(text: str) -> Expression:
    return parse(Text("text", text), places={})


def close(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS, VALUES)
def test_a_text_means_what_it_means_to_python(text, values):
    try:
        node = read(text)
    except EquationError as error:
        assert "nested too deeply" in str(error) or "too large" in str(error)
        return
    assert close(worked_out(node, values), eval(text, PYTHON, values))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS)
def test_what_is_written_is_what_was_read(text):
    try:
        node = read(text)
    except EquationError:
        return
    again = eval(one_line(node, {name: name for name in NAMES}), GRAPH, _leaves())
    assert repr(Expression.of(again)) == repr(node)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(TEXTS, min_size=3, max_size=5).map(" + ".join))
def test_long_statements_are_broken_into_lines(text):
    names = {name: f"p.{name * 9}" for name in NAMES}
    try:
        node = read(text)
    except EquationError:
        return
    lines = statement("made = ", node, names)
    assert all(len(line) <= WIDTH for line in lines.splitlines())
    spaces = "".join(lines.split())
    flat = "".join(one_line(node, names).split())
    assert spaces.replace(",)", ")") in (f"made={flat}", f"made=({flat})")


def _leaves() -> dict[str, Expression]:
    return {name: Expression.leaf(name) for name in NAMES}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("(v - w)*-k", "(v - w) * -k"),
        ("v - (w - k)", "v - (w - k)"),
        ("v - w - k", "v - w - k"),
        ("v/(w/k)", "v / (w / k)"),
        ("2*3*v", "6 * v"),
        ("-(v + w)", "-(v + w)"),
        ("abs(v - w)", "absolute(v - w)"),
        ("clip(v, 0, 1)", "clip(v, 0, 1)"),
        ("max(v, w, k)", "maximum(maximum(v, w), k)"),
        ("v**3", "v * v * v"),
        ("1 if v > 0 and not w < k else 2", "where((v > 0) & ~(k > w), 1, 2)"),
        ("1 if v > 0 or w > 0 and k >= 0 else 2", "where((v > 0) | (w > 0) & (k >= 0), 1, 2)"),
    ],
)
def test_how_it_is_written(text, written):
    assert one_line(read(text), {name: name for name in NAMES}) == written


# Whole neurons ------------------------------------------------------------------------------------

NEURONS = [
    Specification(
        name="lif",
        equations=("dv/dt = (v_rest - v + R*i)/tau",),
        threshold="v > v_th",
        reset="v = v_rest",
        parameters={"tau": 20, "R": 1, "v_rest": 0, "v_th": 1},
    ),
    Specification(
        name="resonator",
        equations=(
            "g = 1/(1 + exp(-(v - v_half)/slope)); h = g*g*(E_fast - v)",
            "dv/dt = h + (E - v)/tau + i - w; dw/dt = (a*v - w)/tau_w; dx/dt = i - x*x/c",
        ),
        threshold="v > v_th and g > 0.1 or x > 90",
        reset="w += b*g; v = clip(v - v_th, E, 0)",
        parameters={
            "tau": 10, "tau_w": 30, "v_half": -1, "slope": 2, "E": -2, "E_fast": 5, "a": 0.2,
            "b": 0.1, "v_th": 1, "c": 8,
        },
    ),
    Specification(
        name="readout", equations=("dv/dt = -g*v - v/tau + i",), readout=True,
        parameters={"tau": 10, "g": 0.5},
    ),
]


def traced(compiled: Compiled) -> Definition:
    """Make a definition of the body that was written, as the generated module does."""
    source = f"def {compiled.definition.name}(s, i, p):\n{body(compiled.step)}\n"
    scope = {name: GRAPH[name] for name in functions(compiled.step)}
    exec(source, scope)
    function: Callable = scope[compiled.definition.name]
    return neuron(**compiled.states, **compiled.parameters)(function)


@pytest.mark.parametrize("specification", NEURONS, ids=lambda one: one.name)
def test_the_written_body_is_the_same_graph(specification):
    compiled = Compiled.of(specification)
    again = traced(compiled)
    assert again.states == compiled.definition.states
    assert again.parameters == compiled.definition.parameters
    assert again.inputs == compiled.definition.inputs
    assert list(again.update) == list(compiled.definition.update)
    assert repr(again.update) == repr(compiled.definition.update)


def test_a_body_in_full():
    assert body(Compiled.of(NEURONS[1]).step) == '''\
    g = 1 / (1 + exp(-(s.v - p.v_half) / p.slope))
    h = g * g * (p.E_fast - s.v)
    keep = exp(-p.dt / p.tau_w)
    v = s.v + p.dt * (h + (p.E - s.v) / p.tau + i - s.w)
    w = keep * s.w + (1 - keep) * p.a * s.v
    x = s.x + p.dt * (i - s.x * s.x / p.c)
    g_after = 1 / (1 + exp(-(v - p.v_half) / p.slope))
    spike = (v > p.v_th) & (g_after > 0.1) | (x > 90)
    return {
        "v": where(spike, clip(v - p.v_th, p.E, 0), v),
        "w": where(spike, w + p.b * g_after, w),
        "x": x,
        "spike": spike,
    }'''


def test_several_exponential_steps_have_a_name_each():
    compiled = Compiled.of(
        Specification(
            name="several", equations=("dv/dt = -v + i + keep_w; dw/dt = -w/2 - w*a",),
            threshold="v > 1", reset="v = 0", parameters={"keep_w": 2, "a": 0.1},
        )
    )
    assert body(compiled.step).splitlines()[:4] == [
        "    keep_v = exp(-p.dt)",
        "    keep_w_ = exp(-0.5 * p.dt - p.dt * p.a)",
        "    v = keep_v * s.v + (1 - keep_v) * (i + p.keep_w)",
        "    w = keep_w_ * s.w",
    ]


# Units --------------------------------------------------------------------------------------------


def units(*equations: str, **given: Any) -> tuple[dict[str, Parameter], dict[str, State]]:
    compiled = Compiled.of(Specification(name="neuron", equations=equations, **given))
    return dict(compiled.parameters), dict(compiled.states)


@pytest.mark.filterwarnings("ignore:dv/dt. with dt = 500 a step overshoots")
def test_values_are_converted_to_coherent_units():
    parameters, states = units(
        "dv/dt = (E - v)/tau + (g*(E - v) + i)/C; dg/dt = -g*rate + i/charge*g",
        threshold="v > v_th", reset="v = E; g += 0.001*C/tau", dt="500us",
        parameters={
            "E": "-0.065V: reversal", "v_th": "-50 mV", "tau": "0.02s", "C": "200pF",
            "rate": "100 Hz", "charge": "2nA*ms",
        },
        units={"v": "mV", "i": "nA", "g": "uS: conductance"}, start={"v": "-70000uV"},
    )
    assert {name: (one.default, one.unit) for name, one in parameters.items()} == {
        "E": (-65.0, "mV"),
        "v_th": (-50.0, "mV"),
        "tau": (20000.0, "us"),
        "C": (200.0, "pF"),
        "rate": (0.0001, "1/us"),
        "charge": (2000.0, "fC"),
        "dt": (500.0, "us"),
    }
    assert parameters["E"].meaning == "reversal"
    assert {name: (one.meaning, one.unit, one.start) for name, one in states.items()} == {
        "v": ("membrane", "mV", -70.0),
        "g": ("conductance", "uS", 0.0),
    }


def test_without_units_the_equations_say_what_is_a_level_of_the_membrane():
    parameters, states = units(
        "dv/dt = (v_rest - v + R*i + D*exp((v - v_t)/D))/tau - k*w; dw/dt = -w/tau_w + a*x*v",
        "dx/dt = (1 - x)/tau_x - u*x",
        threshold="v > v_th and x > x_th", reset="v = v_reset; w += b",
        parameters=dict.fromkeys(
            ("v_rest", "R", "D", "v_t", "tau", "k", "tau_w", "a", "tau_x", "u", "v_th", "x_th",
             "v_reset", "b"), 1,
        ),
    )
    levels = {name for name, one in (*parameters.items(), *states.items()) if one.unit == "level"}
    assert levels == {"v", "w", "v_rest", "D", "v_t", "v_th", "v_reset", "b"}
    others = {one.unit for name, one in parameters.items() if name not in levels}
    assert others == {states["x"].unit} == {"1"}


def test_numbers_of_a_paper_leave_threshold_and_reset_to_say_it():
    parameters, states = units(
        "dv/dt = 0.04*v**2 + 5*v + 140 - u + i; du/dt = a*(b*v - u)",
        threshold="v >= peak", reset="v = c; u += d",
        parameters={"a": 0.02, "b": 0.2, "c": -65, "d": 8, "peak": 30},
    )
    assert {name for name, one in parameters.items() if one.unit == "level"} == {"c", "d", "peak"}
    assert {one.unit for one in states.values()} == {"level"}
