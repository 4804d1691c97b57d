"""What is reported of a definition at a number format."""

import re
from typing import Any

from spikewright.equations import compile_equations
from spikewright.job.neuron_report import report
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.definition.precision import WORTH_A_WARNING
from spikewright_hw.fixed import Format

Q8_8 = Format(8, 8)


def parts(*equations: str, format: Format = Q8_8, **given: Any) -> tuple[list[str], list[str]]:
    """Give the lines before the program's, and the program's."""
    given = {"threshold": "v > 1", "reset": "v = 0"} | given
    definition = compile_equations(*equations, name="neuron", **given)
    lines = report(definition, format)
    (program,) = [n for n, line in enumerate(lines) if line.startswith("  program: ")]
    return lines[:program], lines[program:]


def test_a_leaky_neuron():
    lines, _ = parts("dv/dt = (i - v)/20")
    # 1 - exp(-1/20) is 0.0488, which asks for five guard bits.
    state = re.fullmatch(
        r"  state v: Q8\.13, -128 to 128 in steps of 0\.00012207; before it saturates within "
        r"-([0-9.]+) to ([0-9.]+), which takes (\d+) integer bits",
        lines[1],
    )
    assert state
    assert 127.9 < float(state[1]) < 1 << (int(state[3]) - 1)  # sound, if not tight
    assert 127.9 < float(state[2]) < 1 << (int(state[3]) - 1)
    assert "\n".join(lines[:1] + lines[2:]) == """\
neuron in Q8.8
  rest: v = 0
  the smallest constant current that moves v upward from rest: 0.00390625, which is 1 step
  the smallest constant current that moves v downward from rest: -0.00390625, which is -1 step"""


def test_nothing_is_said_of_a_dead_zone_that_is_not_there():
    lines, _ = parts("dv/dt = i")
    assert "\n".join(lines[-2:]) == """\
  the smallest constant current that moves v upward from rest: 0.00390625, which is 1 step
  the smallest constant current that moves v downward from rest: -0.00390625, which is -1 step"""


def test_a_rest_that_rounding_moves():
    lines, _ = parts("dv/dt = (v_0 - v + i)/90", parameters={"v_0": -65}, start={"v": "v_0"})
    (line,) = [line for line in lines if line.startswith("  rest: ")]
    found = re.fullmatch(
        r"  rest: v = (-6[0-9.]+), where the equations have -65: warning: the coefficients are "
        r"rounded, which moves it; measure the state from its rest, as v - v_rest, and it does not",
        line,
    )
    assert found
    assert abs(float(found[1]) + 65) > 2 / 256


def test_a_neuron_without_a_rest():
    lines, _ = parts("dv/dt = 0.5 + i")
    assert "  rest: v = 0; in real numbers it does not come to rest" in lines


def test_a_current_that_nothing_hears():
    lines, _ = parts("dv/dt = -v/2 + (i if i > 200 else 0)", threshold="v > 0.5")
    assert "\n".join(lines[-3:]) == """\
  warning: no constant current of Q8.8 moves v upward from rest
  warning: no constant current of Q8.8 moves v downward from rest
  warning: dead zone: of a current of -128 (-32768 steps) nothing arrives at any state; the \
equations or a table are flat there"""


def test_a_rest_at_the_end_of_the_format():
    lines, _ = parts("dv/dt = i - 1", format=Format(4, 2), threshold="v > 7")
    assert "  rest: v = -8; in real numbers it does not come to rest" in lines
    assert lines[-1] == (
        "  warning: dead zone: of a current of -8 (-32 steps) nothing is left in v, which is at "
        "the end of its format"
    )


def test_tables_and_their_error():
    lines, _ = parts("dv/dt = -v/4 + tanh(v)/9 + i")
    (line,) = [line for line in lines if line.startswith("  table ")]
    found = re.fullmatch(
        r"  table tanh: \d+ segments from -[0-9.]+ to [0-9.]+, off by at most (0\.[0-9]+), "
        r"which is (0\.[0-9]+) steps of v",
        line,
    )
    assert found
    assert 0 < float(found[1]) < 0.03
    assert 0 < float(found[2]) <= WORTH_A_WARNING


def test_every_value_of_the_program_has_its_width():
    equations = "dv/dt = -v/4 + tanh(v)/9 + w + i; dw/dt = v*i - w/90"
    _, lines = parts(equations)
    definition = compile_equations(equations, name="neuron", threshold="v > 1", reset="v = 0")
    fixed = FixedNeuron.of(definition, Arithmetic(format=Format(8, 8)))
    rows = [
        re.fullmatch(r"    %(\d+) = \w+ .*? (\d+) bits, (-?\d+) to (-?\d+)", line)
        for line in lines[1:-1]
    ]
    assert all(rows)
    widths = []
    for number, row in enumerate(rows):
        assert row
        index, width, low, high = map(int, row.groups())
        assert index == number
        assert -(1 << (width - 1)) <= low <= high < 1 << (width - 1)
        widths.append(width)
    assert max(widths) == fixed.widest()
    assert lines[0].startswith(f"  program: {len(rows)} operations on integers, the widest of ")
    assert re.fullmatch(r"    v = %\d+, w = %\d+, spike = %\d+", lines[-1])
