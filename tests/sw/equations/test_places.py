"""What is said of equations that are wrong, where a place can be marked."""


import pytest

from spikewright.equations.parse import FUNCTIONS

from .wrong_equations import LARGE, LIF, MV_NA, PARAMETERS, SMALL, UNITS, UNITS_OF, Wrong, case


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
