"""Compiled equations in real numbers: by hand, against exact solutions, and in their order."""

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from spikewright.equations.compile import Compiled, compile_equations
from spikewright.equations.specification import Specification
from spikewright_hw.definition import integers, reals
from spikewright_hw.definition.definition import Definition
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.fixed import Format

LIF = {
    "threshold": "v > v_th", "reset": "v = v_reset",
    "parameters": {"tau": 20, "R": 2, "v_rest": -1, "v_reset": -3, "v_th": 5},
}
ADEX = Specification(
    name="adex",
    equations=("dv/dt = (-(v - e) + delta*exp((v - v_t)/delta) + i - w)/tau",
               "dw/dt = (a*(v - e) - w)/tau_w"),
    threshold="v > v_peak",
    reset="v = v_r; w += b",
    dt=0.1,
    parameters={
        "e": 0, "delta": 1, "v_t": 10, "tau": 9, "a": 0.5, "tau_w": 40, "v_peak": 30, "v_r": 2,
        "b": 3,
    },
)


def run(
    definition: Definition, currents, *, states: dict[str, float] | None = None, **given: float
) -> list[tuple[dict[str, float], bool]]:
    """Run the equations; return states and spike of each step."""
    values = {name: one.default for name, one in definition.parameters.items()} | given
    states = reals.start(definition, values) | (states or {})
    steps = []
    for current in currents:
        states, spike = reals.step(definition, states, {"i": current}, values)
        steps.append((states, spike))
    return steps


def last(definition: Definition, currents, **given) -> dict[str, float]:
    return run(definition, currents, **given)[-1][0]


# By hand ------------------------------------------------------------------------------------------


def test_exponential_euler_by_hand():
    lif = compile_equations("dv/dt = (v_rest - v + R*i)/tau", **LIF)
    keep = math.exp(-1 / 20)
    assert last(lif, [4.0]) == {"v": pytest.approx((1 - keep) * 7)}  # towards -1 + 2 * 4
    assert last(lif, [0.0], states={"v": 3.0}) == {"v": pytest.approx(-1 + 4 * keep)}


def test_forward_euler_by_hand():
    lif = compile_equations("dv/dt = (v_rest - v + R*i)/tau", method="euler", dt=2, **LIF)
    assert last(lif, [4.0], states={"v": 3.0}) == {"v": pytest.approx(3 + 2 / 20 * (-1 - 3 + 8))}


def test_all_right_sides_read_the_states_before_the_step():
    both = compile_equations(
        "dw/dt = 2*v - w**2/8; dv/dt = w - v*v/4 + i", threshold="v > 90", reset="v = 0", dt=0.25
    )
    step = last(both, [3.0], states={"v": 1.0, "w": 4.0})
    assert step == {"w": 4 + 0.25 * (2 - 2), "v": 1 + 0.25 * (4 - 0.25 + 3)}


@pytest.mark.parametrize("count", range(1, 9))
def test_powers(count):
    power = compile_equations(
        f"w = v**{count}; dv/dt = i + w", threshold="v > 90", reset="v = 0", method="euler"
    )
    assert last(power, [0.5], states={"v": -1.5})["v"] == -1.5 + 0.5 + (-1.5) ** count


def test_a_spike_is_of_the_states_after_the_step_and_resets_them_in_it():
    # 0 + 4 exceeds 3: it spikes, and is reset at once; what is added to w has not seen the reset.
    neuron = compile_equations(
        "dv/dt = i; dw/dt = v", threshold="v > 3", reset="w += v; v -= 3", start={"w": 1}
    )
    assert run(neuron, [3.0, 1.0, 0.0]) == [
        ({"v": 3.0, "w": 1.0}, False),
        ({"v": 1.0, "w": 8.0}, True),  # w was 1, v brings 3, and the spike 4
        ({"v": 1.0, "w": 9.0}, False),
    ]


@pytest.mark.parametrize(
    ("threshold", "spikes"),
    [
        ("v > 2", [False, False, True]),
        ("v >= 2", [False, True, True]),
        ("2 < v", [False, False, True]),
        ("2 <= v", [False, True, True]),
        ("not v <= 2", [False, False, True]),
    ],
)
def test_the_comparison_is_as_written(threshold, spikes):
    neuron = compile_equations("dv/dt = i", threshold=threshold, reset="v = v")
    assert [spike for _, spike in run(neuron, [1.0, 1.0, 1.0])] == spikes


def test_a_threshold_may_lie_beyond_the_format():
    """The membrane is compared before it saturates."""
    neuron = compile_equations("dv/dt = i", threshold="v > 200", reset="v = 0")
    assert [spike for _, spike in run(neuron, [100.0, 100.5])] == [False, True]


def test_definitions_are_of_the_states_before_and_for_the_threshold_after():
    neuron = compile_equations(
        "g = v*v; h = 2*g; dv/dt = h + i", threshold="g > 90", reset="v = h", dt=0.5
    )
    assert run(neuron, [1.0, 1.0], states={"v": 2.0}) == [
        ({"v": 6.5}, False),  # 2 + 0.5 * (2 * 4 + 1)
        ({"v": 2 * (6.5 + 0.5 * (2 * 6.5**2 + 1)) ** 2}, True),
    ]


def test_choices_and_logic():
    neuron = compile_equations(
        "dv/dt = (i if v > 1 and not i > 3 else -i if v < 0 or i >= 5 else where(0 < v < 1, 7, 0))",
        threshold="v > 100",
        reset="v = 0",
    )

    def slope(v: float, i: float) -> float:
        return last(neuron, [i], states={"v": v})["v"] - v

    assert [slope(2, 2), slope(-1, 2), slope(2, 4), slope(0.5, 4), slope(2, 5)] == [2, -2, 0, 7, -5]


def test_a_readout_never_spikes():
    readout = compile_equations("dv/dt = (i - v)/4", readout=True)
    assert not readout.spikes
    assert list(readout.update) == ["v"]


def test_it_rests_after_a_spike():
    neuron = compile_equations("dv/dt = i", threshold="v > 3", reset="v = 0", refractory=2)
    steps = run(neuron, [4.0] * 7)
    assert [spike for _, spike in steps] == [True, False, False, True, False, False, True]


def test_where_it_starts():
    neuron = compile_equations(
        "dv/dt = (v_rest - v + w + i)/10; dw/dt = -w", threshold="v > 0", reset="v = v_rest",
        parameters={"v_rest": -65}, start={"v": "v_rest", "w": "2.5"},
    )
    assert {name: state.start for name, state in neuron.states.items()} == {"v": "v_rest", "w": 2.5}
    assert run(neuron, [0.0], v_rest=-70.0)[0][0]["v"] < -69


# Against exact solutions --------------------------------------------------------------------------


@pytest.mark.parametrize("dt", [0.01, 1.0, 30.0])
def test_exponential_euler_is_exact_for_a_constant_current(dt):
    lif = compile_equations("dv/dt = (v_rest - v + R*i)/tau", dt=dt, **LIF)
    for n, (states, spike) in enumerate(run(lif, [2.5] * 20), start=1):
        assert not spike
        assert states["v"] == pytest.approx(4 - 4 * math.exp(-n * dt / 20), rel=1e-9)


@pytest.mark.parametrize(
    ("equation", "rate", "towards"),
    [
        ("dv/dt = -v/tau - g*v + i", 1 / 5 + 0.3, lambda i: i / (1 / 5 + 0.3)),
        ("dv/dt = k*(v_0 - v)*2 + h*i; k = 1/tau; h = exp(-g)", 2 / 5,
         lambda i: 3 + math.exp(-0.3) * i / (2 / 5)),
        ("dv/dt = i/c - v/(tau + c)", 1 / 12, lambda i: 12 / 7 * i),
        ("dv/dt = (v*g + tanh(g)*i)/(-c)", 0.3 / 7, lambda i: -math.tanh(0.3) / 0.3 * i),
    ],
)
def test_whatever_is_linear_is_solved_exactly(equation, rate, towards):
    given = {"tau": 5, "g": 0.3, "v_0": 3, "c": 7}
    neuron = Compiled.of(
        Specification(
            name="neuron",
            equations=(equation,),
            threshold="v > 100",
            reset="v = 0",
            dt=2,
            parameters={name: value for name, value in given.items() if name in equation},
        )
    )
    assert neuron.step.methods == {"v": "exponential Euler"}
    end = towards(1.5)
    for n, (states, _) in enumerate(run(neuron.definition, [1.5] * 5, states={"v": 1.0}), start=1):
        assert states["v"] == pytest.approx(end + (1 - end) * math.exp(-rate * 2 * n), rel=1e-9)


def test_a_cascade_converges_to_its_exact_solution():
    """A synapse and a membrane, of which each reads the one before: dx/dt = A x + B."""
    matrix = np.array([[-1 / 5, 0], [1 / 10, -1 / 10]])
    force = np.array([0.7, 0])
    exact = np.linalg.solve(matrix, (expm(matrix * 20) - np.eye(2)) @ force)
    errors = []
    for dt in (0.1, 0.05, 0.025):
        neuron = compile_equations(
            "dx/dt = -x/5 + i; dv/dt = (x - v)/10", threshold="v > 100", reset="v = 0", dt=dt
        )
        states = last(neuron, [0.7] * round(20 / dt))
        assert states["x"] == pytest.approx(exact[0], rel=1e-9)
        errors.append(states["v"] - exact[1])
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.02)  # of the first order
    assert errors[1] / errors[2] == pytest.approx(2, rel=0.01)
    assert abs(errors[2]) < 1e-2


def test_a_spiking_neuron_converges_to_its_differential_equation():
    compiled = Compiled.of(ADEX)
    p = {name: float(value) for name, value in ADEX.parameters.items()}

    def slopes(_, states):
        v, w = states
        upstroke = p["delta"] * math.exp((v - p["v_t"]) / p["delta"])
        return [
            (-(v - p["e"]) + upstroke + 15 - w) / p["tau"],
            (p["a"] * (v - p["e"]) - w) / p["tau_w"],
        ]

    def peak(_, states):
        return states[0] - p["v_peak"]

    vars(peak)["terminal"] = True
    times, now, states = [], 0.0, [0.0, 0.0]
    while len(times) < 5:
        solution = solve_ivp(slopes, (now, now + 500), states, events=peak, rtol=1e-9, atol=1e-9)
        now, (v, w) = solution.t[-1], solution.y[:, -1]
        assert v == pytest.approx(p["v_peak"])
        times.append(now)
        states = [p["v_r"], w + p["b"]]

    assert compiled.step.methods == {"v": "forward Euler", "w": "exponential Euler"}
    errors = []
    for dt in (0.02, 0.01):
        steps = run(compiled.definition, [15.0] * round(times[-1] / dt + 500), dt=dt)
        found = [n * dt for n, (_, spike) in enumerate(steps, start=1) if spike][:5]
        errors.append(np.abs(np.array(found) - times).max())
    assert errors[0] < 0.02 * times[-1]
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.1)  # of the first order


# Which method, and how fine -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("equation", "method"),
    [
        ("dv/dt = i", "forward Euler"),  # the coefficient is zero, and the step exact
        ("dv/dt = -v + i", "exponential Euler"),
        ("dv/dt = -v*w + i; dw/dt = -w", "forward Euler"),  # the coefficient is a state
        ("dv/dt = -v*i/99 + i", "forward Euler"),
        ("dv/dt = -v*v + i", "forward Euler"),
        ("dv/dt = tanh(v) + i", "forward Euler"),
        ("g = v/2; dv/dt = -g + i", "exponential Euler"),
        ("dv/dt = (i if v > 0 else -v)", "forward Euler"),
        ("dv/dt = -v + w + i; dw/dt = v*v - w**2", "exponential Euler"),
        ("dv/dt = 0.5*v + i", "exponential Euler"),  # it grows, and so does its step
    ],
)
def test_the_method_of_an_equation(equation, method):
    specification = Specification(
        name="neuron", equations=(equation,), threshold="v > 9", reset="v = 0", dt=0.1
    )
    compiled = Compiled.of(specification)
    assert compiled.step.methods["v"] == method


@pytest.mark.parametrize("dt", [40, 39.9])
def test_the_largest_step_is_stable(dt):
    lif = compile_equations("dv/dt = (v_rest - v + R*i)/tau", method="euler", dt=dt, **LIF)
    assert max(abs(states["v"]) for states, _ in run(lif, [0.0] * 200, states={"v": 2.0})) <= 5


def test_a_damped_oscillation_has_a_largest_step():
    # Eigenvalues -1/20 +- j sqrt(1 - 1/400): forward Euler is stable up to dt = 2 * (1/20) / 1.
    equations = "dv/dt = -w + i; dw/dt = v - w/10"
    compile_equations(equations, threshold="v > 9", reset="v = 0", dt=0.0999, method="euler")
    with pytest.raises(Exception, match=r"the largest dt is 0\.1\n"):
        compile_equations(equations, threshold="v > 9", reset="v = 0", dt=0.101, method="euler")


def test_slow_states_have_guard_bits():
    neuron = compile_equations(
        "dv/dt = (-v - a - b - c + i)/100; da/dt = -a/100; db/dt = -b/2; dc/dt = -c/1e6",
        threshold="v > 9", reset="v = 0; a += 1; b += 1; c += 1",
    )
    assert {name: state.guard for name, state in neuron.states.items()} == {
        "v": 7, "a": 7, "b": 2, "c": 16,
    }


def test_what_divides_may_not_become_zero():
    neuron = compile_equations(
        "g = 1/(r*2); dv/dt = (i - v)/tau - g*v/c + v/(e + 1)/d", threshold="v > 9", reset="v = 0",
        parameters={"tau": 20, "r": 3, "c": -3, "d": 1e-9, "e": 1},
    )
    assert {name: one.low for name, one in neuron.parameters.items()} == {
        "tau": 1e-6, "r": None, "c": None, "d": 1e-9, "e": None, "dt": 1e-6,
    }
    with pytest.raises(ValueError, match=r"^neuron\.tau is 0; it must be at least 1e-06$"):
        neuron.values({"tau": 0.0})


def test_a_removable_singularity_is_written_with_exprel():
    definition = compile_equations(
        "dv/dt = -v/10 + 1/exprel(clip(v, -10, 10)) + i", threshold="v > 100", reset="v = 0"
    )
    fixed = FixedNeuron.of(definition, Arithmetic(format=Format(8, 8)))
    parameters = {name: one.default for name, one in definition.parameters.items()}
    stored = fixed.formats["v"]
    for v in (-100.0, -3.0, 0.0, 1 / 256, 1.0, 6.0, 50.0):
        wanted, _ = reals.step(definition, {"v": v}, {"i": 0.0}, parameters)
        after, _ = integers.step(fixed, {"v": stored.quantize(v)}, {"i": 0})
        assert stored.real(after["v"]) == pytest.approx(wanted["v"], abs=2 / 256 + 0.003 * abs(v))
