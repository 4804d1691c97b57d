"""What is said of equations that are wrong, where no place can be marked; the words of both."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

import spikewright.equations
from spikewright.cli.applies import parsed
from spikewright.cli.parser import parser
from spikewright.cli.words import options_named
from spikewright.equations.compile import compile_equations
from spikewright.equations.place import EquationError

from .wrong_equations import LIF, MV_NA, PARAMETERS, REST, UNITS, UNITS_OF, Wrong, unplaced

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
    flags = parsed(parser(), ["new-core", "x"]).flags
    with pytest.raises(EquationError, match=f"^{re.escape(command)}$"), options_named(flags):
        raise EquationError(library)
