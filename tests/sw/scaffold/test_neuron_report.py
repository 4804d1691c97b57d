"""What is reported of a definition at a number format."""

import re
from typing import Any

from spikewright.equations import compile_equations
from spikewright.equations.agreement import Agreement
from spikewright.scaffold.neuron_report import report
from spikewright_hw.definition.dead_zone import dead_zone
from spikewright_hw.definition.definition import Parameter, neuron
from spikewright_hw.definition.expression import where
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.definition.precision import WORTH_A_WARNING
from spikewright_hw.fixed import Format

Q8_8 = Format(8, 8)


def parts(*equations: str, format: Format = Q8_8, **given: Any) -> tuple[list[str], list[str]]:
    """Return the lines before the program's, and the program's."""
    given = {"threshold": "v > 1", "reset": "v = 0"} | given
    definition = compile_equations(*equations, name="neuron", **given)
    lines = report(definition, format)
    (program,) = [n for n, line in enumerate(lines) if line.startswith("  program: ")]
    return lines[:program], lines[program:]


def still(lines: list[str]) -> list[str]:
    """Leave the lines out that say how the neuron moves."""
    return [line for line in lines if not re.match("  slowest of|  2,000 steps with", line)]


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
    assert "\n".join(still(lines[:1] + lines[2:])) == """\
neuron in Q8.8
  rest: v = 0
  the smallest constant current that moves v upward from rest: 0.00390625, which is 1 step
  the smallest constant current that moves v downward from rest: -0.00390625, which is -1 step"""


def test_nothing_is_said_of_a_dead_zone_that_is_not_there():
    lines, _ = parts("dv/dt = i")
    assert "\n".join(still(lines)[-2:]) == """\
  the smallest constant current that moves v upward from rest: 0.00390625, which is 1 step
  the smallest constant current that moves v downward from rest: -0.00390625, which is -1 step"""


def test_a_rest_that_rounding_moves_and_the_digits_that_keep_it():
    given: dict[str, Any] = {"parameters": {"v_0": -65}, "start": {"v": "v_0"}}
    equations = "dv/dt = (v_0 - v + i)/90"
    lines, _ = parts(equations, **given)
    (line,) = [line for line in lines if line.startswith("  rest: ")]
    found = re.fullmatch(
        r"  rest: v = (-6[0-9.]+), where the equations have -65: warning: the coefficients are "
        r"rounded, which moves it; with digits=(\d) in PRESETS, which coefficients then have, it "
        r"is not so",
        line,
    )
    assert found
    assert abs(float(found[1]) + 65) > 2 / 256
    definition = compile_equations(equations, threshold="v > 1", reset="v = 0", **given)
    fixed = FixedNeuron.of(definition, Arithmetic(format=Q8_8, digits=int(found[2])))
    assert abs(fixed.formats["v"].real(dead_zone(fixed).rest["v"]) + 65) <= 2 / 256


def test_a_current_that_is_lost_and_the_format_that_keeps_it():
    given: dict[str, Any] = {"parameters": {"R": 0.02}}
    lines, _ = parts("dv/dt = (R*i - v)/20", **given)
    (line,) = [line for line in lines if "dead zone" in line]
    found = re.fullmatch(
        r"  warning: dead zone: of a current of (0\.0625) \(16 steps\) 0\.\d+ of a step arrives at "
        r"v, and its rounding takes that away; with (Q\S+) as the format, it is not so",
        line,
    )
    assert found
    definition = compile_equations(
        "dv/dt = (R*i - v)/20", threshold="v > 1", reset="v = 0", **given
    )
    fixed = FixedNeuron.of(definition, Arithmetic(format=Format.parse(found[2])))
    moving = dead_zone(fixed).up
    assert moving is not None
    assert fixed.format.real(moving) <= float(found[1])


def test_how_the_states_move():
    given: dict[str, Any] = {"reset": "v = 0; k = 0", "parameters": {"tau": 5, "r": 0.001}}
    lines, _ = parts("dv/dt = i - v/tau + k; dk/dt = r", **given)
    assert (
        "  slowest of k: its term 0.001, at most 0.001 in a step, which is 65.5 steps of Q8.16"
    ) in lines
    assert lines[-1] == (
        "  2,000 steps with a current of 0: 9 spikes in real numbers, 9 in integers"
    )


def test_integers_that_go_elsewhere_are_warned_of_with_what_cures():
    @neuron(keep=Parameter(0.999, ""))
    def without_guard(s, i, p):
        v = p.keep * s.v + 0.001 * i
        return {"v": where(v > 1, 0, v), "spike": v > 1}

    (line,) = [line for line in report(without_guard, Q8_8) if "steps with" in line]
    found = re.fullmatch(
        r"  2,000 steps with a current of 4: (\d+) spikes in real numbers, (\d+) in integers; "
        r"v is off by \S+ of its way to the first spike: warning: that is more than 5%; "
        r"with (Q\S+) as the format, it is not so",
        line,
    )
    assert found
    seen = [
        Agreement.of(without_guard, Arithmetic(format=form), current=4)
        for form in (Q8_8, Format.parse(found[3]))
    ]
    assert (seen[0].real, seen[0].integer) == (int(found[1]), int(found[2]))
    assert not seen[0].close or seen[0].off["v"] > 0.05
    assert seen[1].close
    assert seen[1].off["v"] <= 0.05


def test_a_neuron_without_a_rest():
    lines, _ = parts("dv/dt = 0.5 + i")
    assert "  rest: v = 0; in real numbers it does not come to rest" in lines


def test_a_current_that_nothing_hears():
    lines, _ = parts("dv/dt = -v/2 + (i if i > 200 else 0)", threshold="v > 0.5")
    assert "\n".join(still(lines)[-3:]) == """\
  warning: no constant current of Q8.8 moves v upward from rest
  warning: no constant current of Q8.8 moves v downward from rest
  warning: dead zone: of a current of -128 (-32768 steps) nothing arrives at any state; the \
equations or a table are flat there"""


def test_a_rest_at_the_end_of_the_format():
    lines, _ = parts("dv/dt = i - 1", format=Format(4, 2), threshold="v > 7")
    assert "  rest: v = -8; in real numbers it does not come to rest" in lines
    assert still(lines)[-1] == (
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
