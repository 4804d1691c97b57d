"""What is said of equations that are wrong: the sentence, and the place that is marked."""

import ast
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import spikewright.equations
from spikewright.equations.compile import compile_equations
from spikewright.equations.parse import FUNCTIONS
from spikewright.equations.place import EquationError
from spikewright.errors import SpikewrightError
from spikewright.job.new_neuron import options_named

SMALL = "this number is too small to compute with; it is 0, or 1e-30 to 1e+30 in size"
LARGE = SMALL.replace("small", "large")
UNITS_OF = 'parameters={"tau": "20ms"} or units={"v": "mV"}'
LIF = "dv/dt = (v_rest - v + R*i)/tau"
PARAMETERS = {"tau": 20, "R": 1, "v_rest": 0, "v_th": 1}
UNITS = {"tau": "20ms", "R": "10MOhm", "v_rest": "-65mV", "v_th": "-50mV"}
MV_NA = {"v": "mV", "i": "nA"}


class Wrong(NamedTuple):
    """A LIF neuron with something wrong in it, and what is expected to be said."""

    expected: tuple[str, ...]
    equations: tuple[str, ...]
    changed: dict[str, Any]

    def said(self) -> str:
        """Compile it, and give the error."""
        given: dict[str, Any] = {"threshold": "v > v_th", "reset": "v = v_rest"} | self.changed
        given.setdefault("parameters", self._parameters(given))
        with pytest.raises(EquationError) as caught:
            compile_equations(*self.equations, **given)
        assert isinstance(caught.value, SpikewrightError)
        return str(caught.value)

    def _parameters(self, given: dict[str, Any]) -> dict[str, float]:
        """Give those that are read; one that is not would be an error of its own."""
        text = " ".join((*self.equations, given["threshold"] or "v_th", given["reset"] or ""))
        names = {name: rf"\b{name}\b" for name in PARAMETERS}
        return {name: PARAMETERS[name] for name in names if re.search(names[name], text)}


def case(place: str, sentence: str, *equations: str, **changed: Any) -> Wrong:
    """Make a case with a place that is marked."""
    return Wrong((place, sentence), equations or (LIF,), changed)


def unplaced(sentence: str, *equations: str, **changed: Any) -> Wrong:
    """Make a case without a place."""
    return Wrong((sentence,), equations or (LIF,), changed)


def test_a_message_in_full():
    assert Wrong((), ("dv/dt = (v_rest - v + R*i)/tua",), {"parameters": PARAMETERS}).said() == (
        "dv/dt: tua is no state, no definition and no parameter; give a parameter by "
        "parameters={\"tua\": ...}, a state by an equation dtua/dt = ...; did you mean tau?\n"
        "    dv/dt = (v_rest - v + R*i)/tua\n"
        "                               ^^^"
    )


NAMES = [
    case(
        "zeta",
        "dv/dt: zeta is no state, no definition and no parameter; give a parameter by "
        'parameters={"zeta": ...}, a state by an equation dzeta/dt = ...',
        f"{LIF} + zeta",
    ),
    case(
        "u",
        "threshold: u is no state, no definition and no parameter; give a parameter by "
        'parameters={"u": ...}, a state by an equation du/dt = ...',
        threshold="u > v_th",
    ),
    case(
        "w",
        "reset: w has no equation, so it is no state that could be reset; there are v",
        reset="w = v_rest",
    ),
    case(
        "t",
        "dv/dt: t is the time, which a neuron's step does not know; an equation cannot read it",
        f"{LIF} + t",
    ),
    case(
        "tan",
        "dv/dt: there is no function tan; there are exp, expm1, exprel, log, sqrt, tanh, "
        "sigmoid, abs, min, "
        "max, clip, where; did you mean tanh?",
        f"{LIF} + tan(v)",
    ),
    case("di/dt", "di/dt: i is the current that arrives; take another name", LIF, "di/dt = v"),
    case("exp", "exp: exp is a function; take another name", LIF, "exp = v"),
    case("dv/dt", "dv/dt: v has an equation already; rename one of them", LIF, "dv/dt = R*i"),
    case("v", "reset: v is assigned twice; keep one of the two", reset="v = v_rest; v = 0"),
    case(
        "tau",
        "tau: there are a parameter and a definition that are both called tau; rename one of "
        "them",
        LIF,
        "tau = 3",
    ),
    case("g", "g: g is read by nothing; leave it out", LIF, "g = v"),
    case(
        "a",
        "a: a reads b reads a, which goes in a circle; make one of them a state",
        f"{LIF} + a",
        "a = b; b = a",
    ),
    case(
        "v",
        "reset: v is read after it was reset; assign w before it to read the value before the "
        "reset, or write the reset value itself",
        "dv/dt = (v_rest - v + R*i - w)/tau; dw/dt = -w/tau",
        reset="v = v_rest; w = v",
    ),
]

DIVISORS = [
    case(
        "v",
        "dv/dt: this divides by v, whose range is -128 to 127.996, so it could be zero; keep it "
        "away from zero, such as by max(v, 0.1)",
        f"{LIF} + 1/v",
    ),
    case(
        "tau",
        "dv/dt: tau is 0, and this divides by it; give it another value",
        parameters=PARAMETERS | {"tau": 0},
    ),
    *(
        case(
            divisor,
            f"dv/dt: this divides by {divisor}, whose range is {range}, so it could be zero; "
            "x/(exp(x) - 1), which is 1 at zero, is written 1/exprel(x)",
            f"{LIF} + v/({divisor})",
        )
        for divisor, range in (
            ("exp(v)-1", "-1 to 3.87255e+55"),
            ("1-exp(-v)", "-3.88771e+55 to 1"),
            ("expm1(v)", "-1 to 3.87255e+55"),
        )
    ),
    case("0", "dv/dt: this divides by zero; divide by another number", f"{LIF} + v/0"),
    case("1/0", "dv/dt: this divides by zero; divide by another number", f"{LIF} + 1/0"),
    case(
        "v",
        "dv/dt: this takes the logarithm of v, whose range is -128 to 127.996; keep it "
        "above zero, such as by max(v, 0.1)",
        f"{LIF} + log(v)",
    ),
    case(
        "v",
        "dv/dt: this takes the square root of v, whose range is -128 to 127.996; keep "
        "it from being negative, such as by max(v, 0)",
        f"{LIF} + sqrt(v)",
    ),
]

FORMS = [
    case(
        "2",
        "dv/dt: this cannot be read as an expression; see the mark",
        "dv/dt = (v_rest - 2v + R*i)/tau",
    ),
    case("dv/dt =", "dv/dt: there is nothing here to compute; write an expression", "dv/dt ="),
    case("v_rest - v", "equations: there is no = in this; write name = expression", "v_rest - v"),
    case(
        "tau*dv/dt",
        "equations: the left side is tau*dv/dt; write dv/dt = ... for a state v, or g = ... "
        "for a definition",
        "tau*dv/dt = v_rest - v + R*i",
    ),
    case("v", "reset: the left side is v; write v = ..., v += ... or v -= ...", reset="v *= 2"),
    case(
        "R",
        "dv/dt: a power is a whole number of 1 to 8; for another write exp(k*log(x)), for a "
        "square root sqrt(x), for a reciprocal 1/x",
        f"{LIF} + v**R",
    ),
    case("(v_rest - v + R*i)/tau + v^2", "dv/dt: a power is written **, not ^", f"{LIF} + v^2"),
    case(
        "v_th & v",
        "threshold: conditions are joined by `and`, not &",
        threshold="v > v_th & v < 3",
    ),
    case(
        "v == v_th",
        "threshold: real numbers are never just equal; compare with >= and <=",
        threshold="v == v_th",
    ),
    case(
        "=",
        "threshold: a threshold is a comparison such as v > v_th, and = is none",
        threshold="v = v_th",
    ),
    case(
        "v - v_th",
        "threshold: the threshold is a number, and a comparison is wanted, such as v > v_th",
        threshold="v - v_th",
    ),
    case(
        "v > 1",
        "dv/dt: this is a condition, and a number is wanted; write `1 if ... else 0`",
        f"{LIF} + 2*(v > 1)",
    ),
    case(
        "v",
        "dv/dt: this is a number, and a condition is wanted, such as v > 1",
        f"{LIF} + (1 if v else 0)",
    ),
    case(
        "0",
        "dv/dt: this compares two numbers, which is known beforehand",
        f"{LIF} + (1 if 1 > 0 else 0)",
    ),
    case(
        "v > 1",
        "h: h is a condition, and a number is wanted; write `1 if ... else 0`",
        LIF,
        "h = v > 1",
    ),
    case("exp(v, v)", "dv/dt: exp takes 1 argument, not 2", f"{LIF} + exp(v, v)"),
    case("min(v)", "dv/dt: min takes at least 2 arguments, not 1", f"{LIF} + min(v)"),
    case("exp(x=v)", "dv/dt: exp takes plain arguments", f"{LIF} + exp(x=v)"),
    case(
        "1e999",
        f"dv/dt: {LARGE}",
        f"{LIF} + 1e999",
    ),
    case("1j", "dv/dt: 1j is no real number", f"{LIF} + 1j"),
    case("True", "dv/dt: True is no real number", f"{LIF} + True"),
    case(
        "v.real",
        "dv/dt: an equation has numbers, names, + - * / **, comparisons, and, or, not, `a if "
        "condition else b` and functions; this is none of them",
        f"{LIF} + v.real",
    ),
    case(
        "__import__('os').system",
        "dv/dt: only functions can be called; there are exp, expm1, exprel, log, sqrt, "
        "tanh, sigmoid, abs, "
        "min, max, clip, where",
        "dv/dt = i + __import__('os').system('true')",
    ),
    case(
        "τ",
        "dv/dt: 'τ' has no place in an equation; write a name in plain letters, as tau",
        "dv/dt = (v_rest - v + R*i)/τ",
    ),
    case(
        "#",
        "dv/dt: '#' has no place in an equation; write a name in plain letters, as tau",
        f'{LIF} # """',
    ),
]

REST = 'it is a count of 1 to 127 steps, or a time such as "3ms"'

UNITS_AND_STEPS = [
    case("1e-320", f"dv/dt: {SMALL}", "dv/dt = i - v*1e-320"),
    case("1e400", f"dv/dt: {LARGE}", "dv/dt = i - v*1e400"),
    case(
        "1e-20*1e-20", f"dv/dt: {SMALL}",
        "dv/dt = i - v*(1e-20*1e-20)",
    ),
    *(
        case(
            name,
            f"dv/dt: there is no function {name}; there are {', '.join(FUNCTIONS)}; nothing is "
            "rounded in an equation, but each state when it is stored",
            f"dv/dt = i - {name}(v)",
        )
        for name in ("int", "floor", "ceil", "round")
    ),
    case(
        "-v",
        "dv/dt: the current i does not reach v, only w; let dv/dt read i or a state that it "
        "reaches",
        "dv/dt = -v; dw/dt = i - w", threshold="v > 1", reset="v = 0; w = 0",
    ),
    case(
        "(v_rest - v + R*i)/tau",
        "dv/dt: dv/dt is voltage/time (mV/ms), and (v_rest - v + R*i)/tau is a mere number; "
        "correct the equation, or give a number its unit, such as "
        f"{UNITS_OF}",
        parameters=UNITS | {"tau": "20mV"},
        dt="1ms",
        units=MV_NA,
    ),
    case(
        "v_rest - v + R*i",
        "dv/dt: v_rest - v is voltage (mV), and R*i is resistance (MOhm); correct the "
        f"equation, or give a number its unit, such as {UNITS_OF}",
        parameters=UNITS,
        dt="1ms",
        units={"v": "mV"},
    ),
    case(
        "v > v_th",
        "threshold: v is voltage (mV), and v_th is time (ms); correct the equation, or give a "
        f"number its unit, such as {UNITS_OF}",
        parameters=UNITS | {"v_th": "5ms"},
        dt="1ms",
        units=MV_NA,
    ),
    case(
        "v",
        "dv/dt: v is voltage (mV), and what exp takes is a mere number; correct the equation, "
        f"or give a number its unit, such as {UNITS_OF}",
        f"{LIF} + v_rest*exp(v)/tau",
        parameters=UNITS,
        dt="1ms",
        units=MV_NA,
    ),
    case(
        "(v_rest - v + R*i)/tau",
        "dv/dt: with dt = 50 each step overshoots by more than the last, while the equation "
        "itself is stable; the largest dt is 40",
        dt=50,
        method="euler",
    ),
    case(
        "(v_rest - w + R*i)/tau",
        "dv/dt: with dt = 1 each step overshoots by more than the last, while the equation "
        "itself is stable; no dt is small enough, for nothing damps the states; add a term "
        "that does",
        "dv/dt = (v_rest - w + R*i)/tau; dw/dt = v",
    ),
    case(
        "(v_rest - v*v + R*i)/tau",
        "dv/dt: this is not linear in v with a coefficient that is constant and not zero, so "
        "it has no exponential step; leave method= out to take one where there is one",
        "dv/dt = (v_rest - v*v + R*i)/tau",
        method="exponential",
    ),
    case(
        "v > v_th",
        "threshold: with states and current in Q8.8, this never holds, so the neuron could not "
        "spike; take another threshold, or another format by format=",
        parameters=PARAMETERS | {"v_th": 200},
    ),
    case(
        "v > v_th",
        "threshold: with states and current in Q8.8, this always holds; take another "
        "threshold, or another format by format=",
        parameters=PARAMETERS | {"v_th": -300},
    ),
    case(
        "-200",
        "reset: this is -200, and Q8.8 holds -128 to 127.996; take a wider "
        "format by format=, or another unit",
        reset="v = -200",
    ),
]


@pytest.mark.parametrize("wrong", [*NAMES, *DIVISORS, *FORMS, *UNITS_AND_STEPS])
def test_the_place_is_marked(wrong):
    sentence, line, mark = wrong.said().splitlines()
    start, end = mark.index("^"), len(mark)
    assert mark == " " * start + "^" * (end - start)
    assert (line[start:end], sentence) == wrong.expected


WITHOUT_A_PLACE = [
    *(
        unplaced(f"refractory is {rest}{which}; {REST}", refractory=rest, dt=dt)
        for rest, dt, which in (
            (1.5, 1, ""), (True, 1, ""), ("1.5", 1, ""), ("soon", 1, ""), (-1, 1, ""),
            ("3mV", "1ms", ""), ("2.5ms", "1ms", ", which is 2.5 steps of dt = 1ms"),
            ("1s", "1ms", ", which is 1000 steps of dt = 1ms"),
            ("0ms", "1ms", ", which is 0 steps of dt = 1ms"),
        )
    ),
    unplaced(
        "refractory is 3ms, and dt is 1.0, without a unit; give dt a unit of time, or refractory "
        "as a count of steps",
        refractory="3ms",
    ),
    unplaced("method is 'rk4'; it is euler or exponential, or left out", method="rk4"),
    unplaced(
        "tau: 1e-320 is too small to compute with; a number is 0, or 1e-30 to 1e+30 in size",
        parameters=PARAMETERS | {"tau": 1e-320},
    ),
    unplaced(
        "tau: 1e400 is too large to compute with; a number is 0, or 1e-30 to 1e+30 in size",
        parameters=PARAMETERS | {"tau": "1e400"},
    ),
    unplaced(
        "tau: 'nan' is no number, such as 20, 0.5 or -65mV",
        parameters=PARAMETERS | {"tau": float("nan")},
    ),
    unplaced(
        'there is no threshold; give one, such as threshold="v > 1", or readout=True for a '
        "neuron that never spikes",
        threshold=None,
    ),
    unplaced(
        'there is no reset; say what a spike does, such as reset="v = 0", or reset="v = v" '
        "if it does nothing",
        reset=None,
    ),
    unplaced("a readout never spikes, so it has no threshold; leave it out", readout=True),
    unplaced(
        "no state is called v, which is the membrane; call the state that spikes, or that is "
        "read out, v",
        "du/dt = (v_rest - u + R*i)/tau",
        threshold="u > v_th",
        reset="u = v_rest",
    ),
    unplaced(
        "no differential equation reads i, the current that arrives, so nothing could move the "
        "neuron; add it to one",
        "dv/dt = (v_rest - R*v)/tau",
    ),
    unplaced("there is no differential equation; write one such as dv/dt = (i - v)/tau", ""),
    unplaced("dt is 0; a time step is longer than zero", dt=0),
    unplaced("dt is -1ms; a time step is longer than zero", dt="-1ms"),
    unplaced("dt: 'soon' is no number, such as 20, 0.5 or -65mV", dt="soon"),
    unplaced(
        "the parameter zeta is read by no equation; leave it out",
        parameters=PARAMETERS | {"zeta": 3},
    ),
    unplaced(
        "parameter dt: dt is the time step; take another name",
        parameters=PARAMETERS | {"dt": 3},
    ),
    unplaced(
        "parameter a-b: a name is made of letters, digits and underscores",
        parameters=PARAMETERS | {"a-b": 3},
    ),
    unplaced(
        f"{'a' * 25} has 25 letters, and a name at most 24; shorten it",
        parameters=PARAMETERS | {"a" * 25: 3},
    ),
    unplaced(
        "tau: 'parsec' in 'parsec' is no unit; there are V, A, s, Hz, Ohm, S, F and C, with f "
        "p n u m k M G before them, such as mV or nA/ms",
        parameters=PARAMETERS | {"tau": "20 parsec"},
    ),
    unplaced(
        "tau: its meaning has 81 letters; it has at most 80, all printable",
        parameters=PARAMETERS | {"tau": f"20: {'x' * 81}"},
    ),
    unplaced("unit of u: only states and i are given a unit so; leave it out", units={"u": "mV"}),
    unplaced(
        "unit of tau: only states and i are given a unit so; give it with its value",
        units={"tau": "ms"},
    ),
    unplaced("start of w: it is no state; leave it out", start={"w": 0}),
    unplaced(
        "v is voltage, and its start time; give them the same unit",
        parameters=UNITS,
        dt="1ms",
        units=MV_NA,
        start={"v": "5ms"},
    ),
    unplaced(
        "v starts at 300, and Q8.8 holds -128 to 127.996; take a wider format by "
        "format=, or another unit",
        start={"v": 300},
    ),
    unplaced(f'refractory is 0; {REST}', refractory=0),
    unplaced(f'refractory is 128; {REST}', refractory=128),
    unplaced(
        "g is in nS, which with the other units would cost a factor in each step; take "
        'units={"g": "uS"}, or change one of the others',
        f"{LIF} + g*0; dg/dt = -g/tau",
        parameters=UNITS | {"one": "1mV"},
        dt="1ms",
        units={"v": "mV", "i": "nA", "g": "nS"},
        reset="v = v_rest + 0*one",
    ),
]


@pytest.mark.parametrize("wrong", WITHOUT_A_PLACE)
def test_what_is_wrong_nowhere_in_particular(wrong):
    assert (wrong.said(),) == wrong.expected


@pytest.mark.parametrize("text", ["i" + "+-" * 70 + "v", "i" + " + v" * 150])
def test_nesting_is_bounded(text):
    sentence, _, _ = Wrong((), (f"dv/dt = {text}",), {}).said().splitlines()
    assert sentence == (
        "dv/dt: this is nested too deeply; split it by definitions of its own, such as g = ..."
    )


def test_a_long_equation_is_shown_around_the_place():
    text = f"dv/dt = i {'+ exp(v)' * 25} + zeta {'+ exp(v)' * 25}"
    sentence, line, mark = Wrong((), (text,), {}).said().splitlines()
    assert sentence.startswith("dv/dt: zeta is no state")
    assert len(line) <= 94
    assert line[mark.index("^") : len(mark)] == "zeta"


def test_an_equation_does_not_grow_without_bound():
    text = "a = (i + v)**8; b = (a + v)**8; c = (b + v)**8; dv/dt = c"
    sentence, _, _ = Wrong((), (text,), {}).said().splitlines()
    assert sentence == (
        "dv/dt: with all powers and definitions written out this has 2191 operations, and an "
        "equation has at most 1000; make it smaller"
    )


def test_an_equation_may_have_a_thousand_letters():
    sentence, _, _ = Wrong((), (f"dv/dt = {'i + ' * 250}i",), {}).said().splitlines()
    assert sentence == (
        "dv/dt: this has 1001 characters, and an equation at most 1000; split it by definitions "
        "of its own, such as g = ..."
    )


def test_a_rest_is_given_as_a_count_or_as_a_time():
    for rest, dt in ((3, 1), ("3", 1), ("3ms", "1ms"), ("3000us", "1ms"), ("0.3ms", "0.1ms")):
        given: Any = {"parameters": {}, "refractory": rest, "dt": dt}
        if isinstance(dt, str):
            given |= {"units": MV_NA, "parameters": {"tau": "20ms", "R": "1MOhm", "one": "1mV"}}
        text = "dv/dt = (R*i - v)/tau" if isinstance(dt, str) else "dv/dt = i - v/9"
        limit = "one" if isinstance(dt, str) else "1"
        made = compile_equations(text, threshold=f"v > {limit}", reset="v = 0*v", **given)
        assert made.parameters["refractory"].default == 3


def test_a_current_reaches_the_membrane_by_any_way():
    for equations, threshold, reset in (
        ("dv/dt = w - v; dw/dt = i - w", "v > 1", "v = 0"),
        ("g = 2*w; dv/dt = g - v; dw/dt = i - w", "v > 1", "v = 0"),
        ("dv/dt = 0.5 - v/9; dw/dt = i - w", "w > 1", "v = 0"),
        ("dv/dt = 2 - v/9; dw/dt = i - w/9", "v > 1", "v = w"),
    ):
        compile_equations(equations, threshold=threshold, reset=reset)


# Library and command line -------------------------------------------------------------------------


def texts(file: Path) -> list[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [
        node.value for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


@pytest.mark.parametrize(
    "file", sorted(Path(spikewright.equations.__path__[0]).glob("*.py")), ids=lambda one: one.stem
)
def test_the_library_has_no_options(file):
    assert [text for text in texts(file) if re.search(r"--[a-z]", text)] == []


@pytest.mark.parametrize(
    ("library", "command"),
    [
        ('give it by parameters={"tau": ...}, or', "give it by --param tau=..., or"),
        (f"as {UNITS_OF}", "as --param tau=20ms or --unit v=mV"),
        ('such as threshold="v > 1", or', 'such as --threshold "v > 1", or'),
        ("or readout=True for", "or --readout for"),
        ('or reset="v = v" if', 'or --reset "v = v" if'),
        ("leave method= out", "leave --method out"),
        ("take a wider format by format=, or", "take a wider format by --format, or"),
        ('a\n    threshold="v"', 'a\n    threshold="v"'),  # what the user wrote stays
    ],
)
def test_the_command_line_names_its_options(library, command):
    with pytest.raises(EquationError, match=f"^{re.escape(command)}$"), options_named():
        raise EquationError(library)
