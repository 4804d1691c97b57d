"""The PyTorch cell: equal to the equations, equal to the integers, and its gradients."""

import math
import random
import re
from dataclasses import replace
from itertools import product

import pytest
import torch

from spikewright.network.cell import Cell
from spikewright.network.surrogate import ArcTangent, Rectangle
from spikewright_hw.cores import CORES
from spikewright_hw.definition import integers, reals
from spikewright_hw.definition.definition import Parameter, State, neuron
from spikewright_hw.definition.expression import expm1, exprel, log, maximum, sqrt, where
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.fixed import Format
from spikewright_hw.neuron import DEFINITIONS
from spikewright_hw.neuron.exp_if import exp_if
from spikewright_hw.neuron.izhikevich import izhikevich
from spikewright_hw.neuron.lif import lif
from spikewright_hw.neuron.lif_refractory import lif_refractory
from spikewright_hw.neuron.plif import plif

Q8_8 = Format(8, 8)
COUNT = 60
PRESETS = [
    (core.name, preset) for core in CORES.values() if core.family == "neuron"
    for preset in core.presets
]


@pytest.fixture
def rng() -> random.Random:
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    return random.Random(seed)


def double(values) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def fixed_of(name: str, preset: str, **arithmetic) -> FixedNeuron:
    fixed = CORES[name].build(preset).fixed  # pyright: ignore[reportAttributeAccessIssue]
    return FixedNeuron.of(
        fixed.definition, replace(fixed.arithmetic, **arithmetic), fixed.parameters
    )


# Values -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("detach", [False, True])
@pytest.mark.parametrize("name", DEFINITIONS)
def test_in_real_numbers_it_is_the_equations(name, detach, rng):
    definition = DEFINITIONS[name]
    parameters = {key: one.default for key, one in definition.parameters.items()}
    cell = Cell(definition, learn=(), detach_reset=detach)
    states = [
        {
            key: float(rng.randint(0, 3)) if state.bits else rng.uniform(-90, 40)
            for key, state in definition.states.items()
        }
        for _ in range(COUNT)
    ]
    inputs = [{key: rng.uniform(-60, 60) for key in definition.inputs} for _ in range(COUNT)]
    expected = [
        reals.step(definition, state, given, parameters)
        for state, given in zip(states, inputs, strict=True)
    ]
    after, spike = cell(
        {key: double([state[key] for state in states]) for key in definition.states},
        **{key: double([given[key] for given in inputs]) for key in definition.inputs},
    )
    assert spike.dtype == torch.float64
    assert spike.tolist() == [float(spiked) for _, spiked in expected]
    for key in definition.states:
        assert after[key].tolist() == pytest.approx([e[key] for e, _ in expected], rel=1e-12)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_learned_parameters_start_as_given(name):
    definition = DEFINITIONS[name]
    parameters = {key: one.default for key, one in definition.parameters.items()}
    cell, plain = Cell(definition), Cell(definition, learn=())
    assert list(cell.learned) == [k for k, one in definition.parameters.items() if one.trained]
    assert cell.values() == pytest.approx(parameters, rel=1e-5)
    states = cell.start(3, 4)
    inputs = [torch.full((3, 4), 0.3) for _ in definition.inputs]
    after, spike = cell(states, *inputs)
    expected, spiked = plain(states, *inputs)
    assert torch.equal(spike, spiked)
    for key, value in expected.items():
        assert torch.allclose(after[key], value, rtol=1e-4, atol=1e-5)


#: Each preset with a rounding and a saturation, in turn; with all where it may be slow.
ON_THE_GRID = [
    pytest.param(name, preset, *how, marks=[] if place == at % 6 else pytest.mark.slow)
    for at, (name, preset) in enumerate(PRESETS)
    for place, how in enumerate(product(("half_up", "floor"), ("full", "symmetric", "positive")))
]


@pytest.mark.parametrize(("name", "preset", "rounding", "saturation"), ON_THE_GRID)
def test_on_the_grid_it_is_the_integers(name, preset, rounding, saturation, rng):
    """From any states, full range, with any inputs: equal, not near."""
    fixed = fixed_of(name, preset, rounding=rounding, saturation=saturation)
    form, definition = fixed.format, fixed.definition
    ends = {key: fixed.bounds[key] for key in fixed.formats}
    states = [
        {key: rng.choice([low, high, rng.randint(low, high), rng.randint(low, high)])
         for key, (low, high) in ends.items()}
        for _ in range(COUNT)
    ]
    inputs = [
        {key: rng.choice([form.min, form.max, rng.randint(form.min, form.max)])
         for key in definition.inputs}
        for _ in range(COUNT)
    ]
    expected = [
        integers.step(fixed, state, given) for state, given in zip(states, inputs, strict=True)
    ]
    for detach in (False, True):
        cell = Cell(fixed, detach_reset=detach)
        after, spike = cell(
            {k: torch.tensor([state[k] for state in states], dtype=cell.dtype) for k in ends},
            **{
                key: torch.tensor([given[key] for given in inputs], dtype=cell.dtype)
                for key in definition.inputs
            },
        )
        assert spike.tolist() == [int(spiked) for _, spiked in expected]
        for key in ends:
            assert after[key].tolist() == [values[key] for values, _ in expected]


def test_on_the_grid_a_run_is_the_integers(rng):
    for name in ("lif", "alif", "clif", "exp_if", "adex", "izhikevich", "alpha"):
        fixed = FixedNeuron.of(DEFINITIONS[name], Arithmetic(format=Q8_8))
        cell = Cell(fixed)
        states, plain = cell.start(1), integers.start(fixed)
        spikes = 0
        for _ in range(300):
            given = {key: rng.randint(0, 20000) for key in fixed.definition.inputs}
            plain, spiked = integers.step(fixed, plain, given)
            states, spike = cell(
                states, **{k: torch.tensor([v], dtype=cell.dtype) for k, v in given.items()}
            )
            assert {key: int(value) for key, value in states.items()} == plain
            assert int(spike) == spiked
            spikes += spiked
        assert spikes  # something happened


def test_parameters_per_neuron(rng):
    decays = tuple(rng.random() for _ in range(5))
    cell = Cell(lif, decay=decays, threshold=(1.0, 2.0, 3.0, 4.0, 5.0))
    states = {"v": torch.full((2, 5), 2.0)}
    after, spike = cell(states, torch.full((2, 5), 1.5))
    for n, decay in enumerate(decays):
        expected, spiked = reals.step(
            lif, {"v": 2.0}, {"i": 1.5}, {"decay": decay, "threshold": 1.0 + n}
        )
        assert after["v"][:, n].tolist() == pytest.approx([expected["v"]] * 2, rel=1e-6, abs=1e-6)
        assert spike[:, n].tolist() == [spiked, spiked]


def test_parameters_per_neuron_on_the_grid(rng):
    given = {"decay": (0.9, 0.5, 0.123), "threshold": (1.0, 2.0, 0.5)}
    fixed = FixedNeuron.of(lif, Arithmetic(format=Q8_8), given)
    cell = Cell(fixed)
    values = [rng.randint(Q8_8.min, Q8_8.max) for _ in range(3)]
    currents = [rng.randint(Q8_8.min, Q8_8.max) for _ in range(3)]
    after, spike = cell(
        {"v": torch.tensor(values, dtype=cell.dtype)}, torch.tensor(currents, dtype=cell.dtype)
    )
    for n in range(3):
        expected, spiked = integers.step(fixed, {"v": values[n]}, {"i": currents[n]}, neuron=n)
        assert (int(after["v"][n]), bool(spike[n])) == (expected["v"], spiked)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_start(name):
    definition = DEFINITIONS[name]
    parameters = {key: one.default for key, one in definition.parameters.items()}
    states = Cell(definition).start(2, 3)
    for key, value in reals.start(definition, parameters).items():
        assert states[key].shape == (2, 3)
        assert torch.allclose(states[key], torch.tensor(value))
    fixed = FixedNeuron.of(definition, Arithmetic(format=Q8_8))
    on_grid = Cell(fixed).start(2)
    assert {key: value.tolist() for key, value in on_grid.items()} == {
        key: [value] * 2 for key, value in integers.start(fixed).items()
    }


def test_start_per_neuron():
    levels = (0.25, -0.5, 1.0)
    assert Cell(plif, v_reset=levels).start(2, 3)["v"].tolist() == [list(levels)] * 2
    fixed = FixedNeuron.of(plif, Arithmetic(format=Q8_8), {"v_reset": levels})
    assert Cell(fixed).start(3)["v"].tolist() == [256 * level for level in levels]


def test_states_saturate_at_the_limits():
    states, currents = {"v": torch.tensor([100.0, -100.0])}, torch.tensor([-400.0, -400.0])
    free, _ = Cell(lif)(states, currents)
    limited, _ = Cell(lif, limits=Q8_8)(states, currents)
    assert free["v"].tolist() == [-312.5, -487.5] and limited["v"].tolist() == [-128, -128]
    counted, _ = Cell(lif_refractory, limits=Format(2, 4), refractory=100)(
        {"v": torch.zeros(1), "rest": torch.zeros(1)}, torch.ones(1)
    )
    assert counted["rest"].tolist() == [100]  # a counter has its own width


# Gradients ----------------------------------------------------------------------------------------


def leaf(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def slope(output: torch.Tensor, of: torch.Tensor) -> list[float]:
    (gradient,) = torch.autograd.grad(output.sum(), of, retain_graph=True, allow_unused=True)
    return [0.0] * of.numel() if gradient is None else gradient.tolist()


@pytest.mark.parametrize("detach", [False, True])
def test_gradient_of_a_spike_and_of_the_reset(detach):
    shape = ArcTangent(width=0.5)
    cell = Cell(lif, decay=0.5, threshold=2.0, surrogate=shape, detach_reset=detach)
    v, i = leaf(1.0, 1.0, 1.0), leaf(0.5, 1.5, 4.0)
    after, spike = cell({"v": v}, i)
    # The distance from rest to threshold is 2, and the surrogate is in units of that.
    at_threshold = shape.gradient(0.5 * v.detach() + i.detach() - 2, 2.0)
    assert slope(spike, i) == at_threshold.tolist()
    assert slope(spike, v) == (0.5 * at_threshold).tolist()
    through_reset = 0 if detach else -2 * at_threshold
    assert slope(after["v"], i) == pytest.approx((1 + through_reset * torch.ones(3)).tolist())


@pytest.mark.parametrize("detach", [False, True])
def test_gradient_of_a_reset_to_a_value(detach):
    cell = Cell(plif, learn=(), v_reset=0.25, surrogate=Rectangle(width=10.0), detach_reset=detach)
    i = leaf(1.0, 5.0)
    after, spike = cell({"v": torch.zeros(2, dtype=torch.float64)}, i)
    assert spike.tolist() == [0, 1] and after["v"].tolist() == [0.625, 0.25]
    rest, height = 0.75, 0.5 / 0.75  # threshold - start; sigmoid(0) over that
    assert rest == 1.0 - 0.25
    u = [0.625, 2.625]
    through = [0, 0] if detach else [height * (0.25 - u[0]), height * (0.25 - u[1])]
    assert slope(after["v"], i) == pytest.approx([0.5 + through[0], 0.0 + through[1]])


@neuron(z=State("last step's spike", unit="1", bits=2), threshold=Parameter(1.0, "", "level"))
def late_reset(s, i, p):
    v = s.v + i - where(s.z > 0, p.threshold, 0)
    spike = v >= p.threshold
    return {"v": v, "z": where(spike, 1, 0), "spike": spike}


def test_comparisons_that_the_spike_is_not_made_of_are_hard():
    z, rest = leaf(1.0), leaf(0.0, 3.0)
    after, spike = Cell(late_reset)({"v": leaf(1.0), "z": z}, leaf(0.5))
    assert slope(spike, z) == [0] and slope(after["v"], z) == [0]
    after, spike = Cell(lif_refractory)({"v": leaf(0.5, 0.5), "rest": rest}, leaf(0.5, 0.5))
    assert slope(spike, rest) == [0, 0] and slope(after["v"], rest) == [0, 0]


def test_a_spike_kept_as_a_state_has_the_gradient_of_the_spike():
    i = leaf(0.5)
    after, spike = Cell(late_reset)({"v": leaf(0.0), "z": leaf(0.0)}, i)
    assert slope(after["z"], i) == slope(spike, i) != [0]


def test_the_surrogate_is_as_wide_as_the_neuron_is_large():
    """Counted in mV or in thousandths of that, a neuron learns the same."""
    def gradients(unit: float) -> list[float]:
        cell = Cell(lif, threshold=unit, surrogate="fast_sigmoid")
        i = leaf(0.25 * unit, 0.75 * unit, 2 * unit)
        _, spike = cell({"v": torch.zeros(3, dtype=torch.float64)}, i)
        return [one * unit for one in slope(spike, i)]

    assert gradients(1000.0) == pytest.approx(gradients(1.0), rel=1e-12)


@pytest.mark.parametrize("grid", [False, True])
@pytest.mark.parametrize(("definition", "steep"), [(exp_if, 17.0), (izhikevich, -30.0)])
def test_an_upstroke_passes_no_more_gradient_than_it_receives(definition, steep, grid):
    """Where the membrane drives itself up, its slope is several; at rest it stays as it is."""
    fixed = FixedNeuron.of(definition, Arithmetic(format=Q8_8))
    cell = Cell(fixed if grid else definition, detach_reset=True)
    unit = 256 if grid else 1
    states = {
        key: torch.full((2,), float(value), dtype=torch.float64)
        for key, value in (
            integers.start(fixed) if grid
            else reals.start(definition, {k: p.default for k, p in definition.parameters.items()})
        ).items()
    }
    v = leaf(unit * steep, float(states["v"][0]))
    after, spike = cell(states | {"v": v}, torch.full((2,), float(unit), dtype=torch.float64))
    assert spike.tolist() == [0, 0]
    at = slope(after["v"], v)
    assert at[0] == pytest.approx(1.0) and 0.5 < at[1] < 1


@pytest.mark.parametrize(("definition", "v"), [(exp_if, 17.0), (izhikevich, -30.0)])
def test_an_upstroke_is_steep(definition, v):
    """It would have passed at least twice as much."""
    parameters = {key: one.default for key, one in definition.parameters.items()}
    start = reals.start(definition, parameters)
    low, high = (
        reals.step(definition, start | {"v": v + d}, {"i": 1.0}, parameters)[0]["v"]
        for d in (-1e-3, 1e-3)
    )
    assert high - low > 2 * 2e-3


def test_the_grid_has_the_slopes_of_the_equations():
    """Rounding, shifts and tables pass the gradient on."""
    for name, v, i in (("lif", 0.3, 0.2), ("clif", 0.5, 0.2), ("adex", 10.0, 3.0)):
        definition = DEFINITIONS[name]
        fixed = FixedNeuron.of(definition, Arithmetic(format=Q8_8))
        found = []
        for cell, unit in ((Cell(definition), 1), (Cell(fixed), 256)):
            states = {key: value.double() for key, value in cell.start(1).items()}
            given, current = leaf(v * unit), leaf(i * unit)
            after, _ = cell(states | {"v": given}, current)
            found.append((slope(after["v"], given), slope(after["v"], current)))
        (real_v, real_i), (grid_v, grid_i) = found
        assert grid_v == pytest.approx(real_v, rel=0.03), name
        assert grid_i == pytest.approx(real_i, rel=0.03), name


# Learning -----------------------------------------------------------------------------------------


@neuron(
    low=Parameter(0.5, "bounded below", low=0.0),
    high=Parameter(-1.0, "bounded above", high=2.0),
    both=Parameter(0.25, "bounded", low=0.0, high=1.0),
    free=Parameter(-40.0, "not bounded", "mV"),
)
def bounded(s, i, p):
    v = p.both * s.v + p.low * i + p.high + p.free
    return {"v": v, "spike": v > 1.0}


@pytest.mark.parametrize("sign", [-1, 1])
def test_learned_parameters_stay_within_their_bounds(sign):
    names = ("low", "high", "both", "free")
    cell = Cell(bounded, learn=names)
    before = cell.values()
    optimizer = torch.optim.SGD(cell.parameters(), lr=1e3)
    for _ in range(5):
        after, _ = cell({"v": torch.ones(4)}, torch.ones(4))
        optimizer.zero_grad()
        (sign * after["v"].sum()).backward()
        assert all(one.grad is not None and one.grad.isfinite().all() for one in cell.parameters())
        torch.nn.utils.clip_grad_norm_(cell.parameters(), 1e-2)
        optimizer.step()
    after = cell.values()
    for name in names:
        value, old = after[name], before[name]
        assert isinstance(value, float) and isinstance(old, float)
        assert (value < old) == (sign > 0), name
        bounded.parameters[name].check(name, value)


def test_learning_per_neuron():
    cell = Cell(plif, w=(0.0, 1.0, -1.0))
    assert cell.values()["w"] == pytest.approx((0.0, 1.0, -1.0))
    after, _ = cell(cell.start(2, 3), torch.tensor([[0.5, 0.0, 0.5]] * 2))
    after["v"].sum().backward()
    (raw,) = cell.parameters()
    assert raw.grad is not None and raw.grad.shape == (3,)
    assert raw.grad[0] != 0 and raw.grad[1] == 0


def test_a_learned_start():
    cell = Cell(plif, learn=("v_reset",), v_reset=0.5)
    states = cell.start(1)
    assert states["v"].tolist() == [0.5]
    states["v"].sum().backward()
    assert [one.grad is not None for one in cell.parameters()] == [True]


def test_nothing_is_learned_unless_asked():
    assert list(Cell(lif).parameters()) == []
    assert list(Cell(plif, learn=()).parameters()) == []
    assert list(Cell(lif, learn=("decay",)).learned) == ["decay"]


# Refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Cell(lif, leak=3.0), "lif has no parameter leak; it has decay, threshold"),
        (lambda: Cell(lif, decay=1.5), "lif.decay is 1.5; it lies in 0 to 1"),
        (
            lambda: Cell(lif, learn=("leak",)),
            "lif has no parameter leak; it has decay, threshold",
        ),
        (
            lambda: Cell(FixedNeuron.of(lif, Arithmetic(format=Q8_8)), decay=0.5),
            "lif is in integers, and so are its parameters; learn them in real numbers first",
        ),
        (
            lambda: Cell(FixedNeuron.of(izhikevich, Arithmetic(format=Format(8, 16)))),
            "izhikevich in Q8.16 needs integers of 60 bits; a float holds 54",
        ),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        make()


def test_inputs_are_taken_once_each():
    cell = Cell(DEFINITIONS["alpha"])
    states, one = cell.start(1), torch.zeros(1)
    message = re.escape("alpha takes exc, inh, each of them once")
    for given, named in (((one,), {}), ((one, one, one), {}), ((one,), {"exc": one})):
        with pytest.raises(TypeError, match=f"^{message}$"):
            cell(states, *given, **named)


def test_the_float_holds_what_the_program_computes():
    assert Cell(FixedNeuron.of(lif, Arithmetic(format=Format(6, 4)))).dtype == torch.float32
    assert Cell(FixedNeuron.of(exp_if, Arithmetic(format=Q8_8))).dtype == torch.float64


def test_exprel_and_expm1_and_their_slopes_hold_near_zero():
    @neuron()
    def small(s, i, p):
        return {"v": exprel(i), "w": expm1(i)}

    at = (-2.0, -0.011, -0.009, -1e-12, 0.0, 1e-7, 0.0099, 0.0101, 3.0)
    i = leaf(*at)
    states = {name: leaf(*[0.0] * len(at)) for name in ("v", "w")}
    after, _ = Cell(small)(states, i)
    for n, x in enumerate(at):
        value = math.expm1(x) / x if x else 1.0
        near = sum(k * x ** (k - 1) / math.factorial(k + 1) for k in range(1, 30))
        assert after["v"][n].item() == pytest.approx(value, rel=1e-12)
        assert slope(after["v"], i)[n] == pytest.approx(near, rel=1e-9)
        assert after["w"][n].item() == pytest.approx(math.expm1(x), rel=1e-12)
        assert slope(after["w"], i)[n] == pytest.approx(math.exp(x), rel=1e-12)


def test_functions_stay_finite_where_they_are_not_defined():
    @neuron()
    def odd(s, i, p):
        return {"v": log(i) + sqrt(i) + where(i > 0, maximum(i, 1), 1 / maximum(i, 2))}

    i = leaf(-1.0, 0.0, 4.0)
    after, spike = Cell(odd)({"v": leaf(0.0, 0.0, 0.0)}, i)
    assert after["v"].isfinite().all() and torch.tensor(slope(after["v"], i)).isfinite().all()
    assert spike.tolist() == [0, 0, 0]
