"""The steps of a cell, compiled, against the same in PyTorch: values and gradients."""

import random
import re
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from spikewright.errors import SpikewrightWarning
from spikewright.network import compiled_scan as scans
from spikewright.network import train as training
from spikewright.network.cell import Cell
from spikewright.network.compiled_scan import compiled_scan, is_compiled, stepwise
from spikewright.network.drive import drive
from spikewright.network.scan_source import scan_source
from spikewright.network.surrogate import SURROGATES, LearnedSlope, Surrogate
from spikewright.network.train import train
from spikewright.network.training_config import Phase, training_config
from spikewright.network.wiring import Standing, Wired, resumed, scan
from spikewright.task import digits
from spikewright_hw.definition.definition import Input, Parameter, State, neuron
from spikewright_hw.definition.expression import (
    clip,
    exp,
    expm1,
    exprel,
    log,
    maximum,
    sigmoid,
    sqrt,
    tanh,
    where,
)
from spikewright_hw.engine.drawn_network import drawn_layer
from spikewright_hw.fixed import Format
from spikewright_hw.neuron import DEFINITIONS
from spikewright_hw.neuron.lif import lif

STEPS, SAMPLES, NEURONS = 15, 6, 7
#: Neurons whose functions round otherwise than PyTorch's.
ROUNDED = ("clif", "exp_if", "adex")


def drawn(cell: Cell, seed: int = 0, *, size: float | None = None) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    shape = (STEPS, SAMPLES, NEURONS)
    if size is None:
        size = 3.0 if cell.fixed else drive(cell.definition, cell.values())
    inputs = [
        torch.randn(shape, generator=generator, dtype=torch.float64) * size
        for _ in cell.definition.inputs
    ]
    return [
        (one.round() if cell.fixed else one).to(cell.dtype).requires_grad_() for one in inputs
    ]


def results(cell: Cell, run, inputs: list[Tensor]) -> list[Tensor]:
    """Return spikes, membranes, and the gradients of inputs and learned parameters."""
    spikes, membranes, *_ = run(cell.start(SAMPLES, NEURONS), inputs)
    generator = torch.Generator().manual_seed(1)
    weights = torch.randn((2, *spikes.shape), generator=generator, dtype=spikes.dtype)
    loss = (weights[0] * spikes + weights[1] * membranes).sum()
    wanted = [*inputs, *cell.parameters()]
    gradients = torch.autograd.grad(loss, wanted, allow_unused=True)
    zeros = map(torch.zeros_like, wanted)
    return [spikes.detach(), membranes.detach(), *(
        zero if one is None else one for one, zero in zip(gradients, zeros, strict=True)
    )]


def both(cell: Cell, inputs: list[Tensor]) -> list[tuple[Tensor, Tensor]]:
    """Return pairs of what is compiled and what PyTorch does."""
    made = compiled_scan(cell, cell.constants(), inputs)
    assert made is not None and is_compiled(cell)
    compiled = results(cell, lambda *given: made(cell.constants(), *given), inputs)
    plain = results(cell, lambda *given: stepwise(cell, *given), inputs)
    return list(zip(compiled, plain, strict=True))


def far(pairs: list[tuple[Tensor, Tensor]]) -> float:
    """Return the largest distance, as a share of the largest value."""
    return max(
        float((one - other).abs().max() / other.abs().max().clamp(min=1e-30))
        for one, other in pairs
    )


def in_double(cell: Cell) -> Cell:
    cell.double()
    cell.dtype = torch.float64
    return cell


@pytest.mark.parametrize("name", DEFINITIONS)
def test_in_float32_it_is_pytorch_to_the_last_bit(name):
    cell = Cell(DEFINITIONS[name])
    pairs = both(cell, drawn(cell))
    assert torch.equal(*pairs[0]) and far(pairs) < 3e-6
    inputs = len(cell.definition.inputs)
    if name not in ROUNDED:  # parameters get sums, which are in another order
        assert all(torch.equal(*pair) for pair in pairs[: 2 + inputs])


@pytest.mark.parametrize("detach", [False, True])
@pytest.mark.parametrize("name", DEFINITIONS)
def test_in_float64_gradients_are_those_of_autograd(name, detach):
    definition = DEFINITIONS[name]
    cell = in_double(Cell(
        definition, detach_reset=detach, surrogate="sigmoid" if detach else "arc_tangent",
        limits=Format(6, 4) if detach else None,
    ))
    assert far(both(cell, drawn(cell, 1))) < 1e-12


@pytest.mark.parametrize("name", ["lif", "adlif", "glif"])
def test_learned_parameters_and_those_of_each_neuron(name):
    definition = DEFINITIONS[name]
    given = {
        key: tuple(float(one.default * (1 + 0.02 * n)) for n in range(NEURONS))
        for key, one in definition.parameters.items()
        if one.high is None or one.default * 1.2 < one.high
    }
    assert given
    for learn in ((), tuple(definition.parameters)):
        cell = in_double(Cell(
            definition, learn=learn, **given  # pyright: ignore[reportArgumentType]
        ))
        assert far(both(cell, drawn(cell, 2))) < 1e-12


@pytest.mark.parametrize("shape", SURROGATES)
@pytest.mark.parametrize("width", [0.5, 0.3])
def test_every_surrogate(shape, width):
    cell = in_double(Cell(lif, surrogate=SURROGATES[shape](width=width, height=0.7)))
    assert far(both(cell, drawn(cell))) < 1e-12


@pytest.mark.parametrize("name", [
    name for name, one in DEFINITIONS.items() if not one.hears_itself
])
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_on_the_grid_it_is_pytorch_to_the_last_bit(name, seed):
    layer = drawn_layer(random.Random(f"{name} {seed}"), inputs=3, neurons=NEURONS, neuron=name)
    cell = Cell(layer.fixed)
    pairs = both(cell, drawn(cell, seed, size=4.0 * layer.membrane.one))
    assert all(torch.equal(*pair) for pair in pairs)


@neuron(
    w=State("slow"), count=State("steps since a spike", unit="1", bits=6),
    threshold=Parameter(1.0, "threshold", unit="level"), a=Parameter(0.3, "a", low=0, high=1),
)
def everything(s, i, p):
    """Every function and choice of equations."""
    x = clip(s.v * p.a + i, -4, 4)
    y = exp(x / 4) - expm1(x / 3) + exprel(x / 2) + log(maximum(x, 0.1)) + sqrt(maximum(x, 0.2))
    u = x + 0.1 * y * tanh(s.w) * sigmoid(x) / (1 + x * x)
    spike = (u > p.threshold) & ~(s.count > 2) | (u >= 3 * p.threshold)
    return {
        "v": where(spike, 0.0, u), "w": 0.9 * s.w + 0.1 * maximum(u, x - u),
        "count": where(spike, 5, maximum(s.count - 1, 0)), "spike": spike,
    }


@pytest.mark.parametrize("detach", [False, True])
def test_every_function_and_choice(detach):
    cell = in_double(Cell(everything, learn=("a", "threshold"), detach_reset=detach))
    pairs = both(cell, drawn(cell, 3, size=2.0))
    assert 0.05 < float(pairs[0][0].mean()) < 0.9
    assert far(pairs) < 1e-12


class Odd(Surrogate):
    """A surrogate of a user, which decides by values."""

    def _shape(self, u: Tensor) -> Tensor:
        return torch.where(u > 0, u, -u)


def test_what_cannot_be_written_down_is_left_to_pytorch():
    cell = Cell(lif, surrogate=Odd())
    inputs = drawn(cell)
    assert compiled_scan(cell, cell.constants(), inputs) is None and not is_compiled(cell)
    layer = Wired(cell, torch.ones(3, NEURONS), compiled=True)
    spikes, _ = scan(layer, torch.ones(STEPS, SAMPLES, 3))
    assert spikes.any()


def test_a_slope_is_left_to_pytorch_while_it_is_learned_and_compiled_afterwards():
    slope = torch.nn.Parameter(torch.tensor(2.5))
    learned = LearnedSlope(height=slope)  # pyright: ignore[reportArgumentType]
    cell = Cell(lif, surrogate=learned)
    inputs = drawn(cell)
    assert compiled_scan(cell, cell.constants(), inputs) is None
    spikes, _ = stepwise(cell, cell.start(SAMPLES, NEURONS), inputs)
    (spikes * torch.linspace(-1, 1, STEPS)[:, None, None]).sum().backward()
    assert slope.grad is not None and slope.grad != 0
    fixed = in_double(Cell(lif, surrogate=LearnedSlope(height=2.5)))
    assert far(both(fixed, drawn(fixed))) < 1e-12 and is_compiled(fixed)


def test_other_numbers_than_those_of_the_cell_are_left_to_pytorch():
    cell = Cell(lif)
    assert compiled_scan(cell, [], [one.double() for one in drawn(cell)]) is None


def test_one_compilation_serves_with_gradients_and_without(monkeypatch):
    cell = Cell(DEFINITIONS["plif"])
    inputs = drawn(cell)
    with_gradients = compiled_scan(cell, cell.constants(), inputs)
    with torch.no_grad():
        assert compiled_scan(cell, cell.constants(), inputs) is with_gradients


def test_a_start_that_is_learned_gets_its_gradient():
    @neuron(v=State(start="rest"), rest=Parameter(-0.25, "rest"))
    def rests(s, i, p):
        """A membrane that starts where it rests."""
        u = 0.5 * (s.v - p.rest) + p.rest + i
        return {"v": where(u >= 1, p.rest, u), "spike": u >= 1}

    cell = in_double(Cell(rests, learn=("rest",)))
    assert far(both(cell, drawn(cell))) < 1e-12


def test_several_threads_do_as_one(monkeypatch):
    monkeypatch.setattr(scans, "_WORTH_A_THREAD", 1)
    cell = Cell(DEFINITIONS["adlif"], learn=())
    inputs = [torch.randn(5, 33, 41, requires_grad=True)]
    made = compiled_scan(cell, cell.constants(), inputs)
    assert made is not None
    found = []
    before = torch.get_num_threads()
    for threads in (1, 3):
        torch.set_num_threads(threads)
        spikes, membranes, _ = made(cell.constants(), cell.start(33, 41), inputs)
        found.append((spikes, membranes, *torch.autograd.grad((spikes + membranes).sum(), inputs)))
    torch.set_num_threads(before)
    assert all(map(torch.equal, *found))


@pytest.mark.parametrize("integers", [False, True])
def test_what_differs_from_pytorch_is_not_used(monkeypatch, integers):
    def wrong(cell, constants, dtype):
        text, step = scan_source(cell, constants, dtype)
        step.numbers[:] = [0.75 * one for one in step.numbers]
        return text, step

    monkeypatch.setattr(scans, "scan_source", wrong)
    layer = drawn_layer(random.Random(0), inputs=3, neurons=NEURONS, neuron="lif")
    cell = Cell(layer.fixed if integers else lif)
    message = (
        "lif, compiled on this machine, does not do as PyTorch does; PyTorch alone is used, which "
        "is slower"
    )
    with pytest.warns(SpikewrightWarning, match=f"^{re.escape(message)}$"):
        assert compiled_scan(cell, cell.constants(), drawn(cell)) is None
    assert compiled_scan(cell, cell.constants(), drawn(cell)) is None  # said once


def test_a_long_program_is_left_to_pytorch(monkeypatch):
    monkeypatch.setattr(scans, "LONGEST", 2)
    cell = Cell(lif)
    assert compiled_scan(cell, cell.constants(), drawn(cell)) is None


@neuron(
    back=Input("recurrent"), w=State("slow"),
    a=Parameter(0.3, "a", low=0, high=1), rest=Parameter(-0.2, "rest"), v=State(start="rest"),
)
def hears(s, i, back, p):
    """A neuron that hears itself, with a second state and a start that is learned."""
    u = 0.8 * s.v + i + back - p.a * s.w
    return {"v": where(u >= 1, p.rest, u), "w": 0.9 * s.w + p.a * u, "spike": u >= 1}


@pytest.mark.parametrize("learn", [(), ("a", "rest")])
@pytest.mark.parametrize("definition", [DEFINITIONS["recurrent_lif"], hears])
def test_neurons_that_hear_themselves_do_as_in_pytorch(definition, learn):
    learn = tuple(name for name in learn if name in definition.parameters)
    cell = Cell(definition, learn=learn)
    generator = torch.Generator().manual_seed(0)
    weights, own = (
        (torch.randn(rows, NEURONS, generator=generator) * 0.7).requires_grad_()
        for rows in (4, NEURONS)
    )
    heard = (torch.rand(STEPS, SAMPLES, 4, generator=generator) < 0.5).float()
    given = torch.randn(2, STEPS, SAMPLES, NEURONS, generator=generator)
    found = []
    for compiled in (True, False):
        made = scan(Wired(cell, weights, own, compiled=compiled), heard)
        losses = [(one * weight).sum() for one, weight in zip(made, given, strict=True)]
        for loss in (losses[0], losses[1], losses[0] + losses[1]):
            wanted = [weights, own, *cell.parameters()]
            gradients = torch.autograd.grad(loss, wanted, retain_graph=True)
            found.append([*(one.detach() for one in made), *gradients])
    assert is_compiled(cell)
    assert float(found[0][0].mean()) > 0.05
    for mine, its in zip(found[:3], found[3:], strict=True):
        assert torch.equal(mine[0], its[0]) and far(list(zip(mine, its, strict=True))) < 1e-5
        if definition is not hears:  # PyTorch rounds a start that is expanded in its own way
            assert all(map(torch.equal, mine, its))


def test_a_layer_on_the_grid_that_hears_itself_does_as_in_pytorch():
    layer = drawn_layer(random.Random(2), inputs=3, neurons=NEURONS, neuron="recurrent_lif")
    assert layer.recurrent is not None
    cell = Cell(layer.fixed, inputs={name: layer.reach(name) for name in ("i", "r")
                                     if name in layer.fixed.definition.inputs})
    weights, own = (
        torch.tensor(one, dtype=torch.float32) * (1 << layer.shift)
        for one in (layer.weights, layer.recurrent)
    )
    heard = (torch.rand(STEPS, SAMPLES, 3) < 0.6).float()
    found = [
        scan(Wired(cell, weights, own, compiled=compiled), heard) for compiled in (True, False)
    ]
    assert is_compiled(cell) and all(map(torch.equal, *found))


@pytest.mark.parametrize(("bias", "readout"), [(False, "last"), (True, "count")])
def test_a_training_gives_the_same_network_compiled(monkeypatch, bias, readout):
    task = digits.load()
    config = training_config(task, hidden=(12,), readout=readout, bias=bias)
    short = Phase(epochs=2, learning_rate=0.02)
    config = replace(config, real=short, quantized=short)
    networks = []
    for worth in (1 << 60, 0):
        monkeypatch.setattr(training, "WORTH_COMPILING", worth)
        made = train(config, task, seed=3)
        assert made.compiled == (0 if worth else 2)
        networks.append(made.network)
    assert networks[0] == networks[1]


@pytest.mark.parametrize("definition", [DEFINITIONS["recurrent_lif"], hears])
@pytest.mark.parametrize(("samples", "neurons", "threads"), [(5, 7, 1), (37, 128, 1), (19, 45, 3)])
def test_neurons_that_hear_themselves_by_events(
    monkeypatch, definition, samples, neurons, threads
):
    monkeypatch.setattr(scans, "_WORTH_A_THREAD", 1)
    learn = tuple(name for name in ("a", "rest", "decay") if name in definition.parameters)
    cell = Cell(definition, learn=learn)
    generator = torch.Generator().manual_seed(0)
    weights, own = (
        (torch.randn(rows, neurons, generator=generator) * (4 / neurons) ** 0.5).requires_grad_()
        for rows in (4, neurons)
    )
    heard = (torch.rand(STEPS, samples, 4, generator=generator) < 0.5).float()
    given = torch.randn(2, STEPS, samples, neurons, generator=generator)
    spike = (torch.rand(samples, neurons, generator=generator) < 0.3).float().requires_grad_()
    for standing in (None, Standing(cell.start(samples, neurons), spike)):
        found, before = [], torch.get_num_threads()
        torch.set_num_threads(threads)
        for events in (True, False):
            layer = Wired(cell, weights, own, compiled=True, event_products=events)
            made = resumed(layer, heard, standing)
            wanted = [weights, own, *cell.parameters(), *([] if standing is None else [spike])]
            losses = [(one * weight).sum() for one, weight in zip(made[:2], given, strict=True)]
            after = made[2].states["v"].square().sum()
            for loss in (losses[0], losses[1] + after, made[0].sum()):  # of a count, each the same
                found.append([
                    *(one.detach() for one in made[:2]),
                    *torch.autograd.grad(loss, wanted, retain_graph=True),
                ])
        torch.set_num_threads(before)
        assert 0.01 < float(found[0][0].mean()) < 0.9
        for mine, its in zip(found[:3], found[3:], strict=True):
            assert torch.equal(mine[0], its[0]) and far(list(zip(mine, its, strict=True))) < 1e-4


def test_weights_of_neurons_that_hear_themselves_do_not_depend_on_threads(monkeypatch):
    monkeypatch.setattr(scans, "_WORTH_A_THREAD", 1)
    cell = Cell(DEFINITIONS["recurrent_lif"])
    generator = torch.Generator().manual_seed(0)
    own = (torch.randn(33, 33, generator=generator) * 0.3).requires_grad_()
    layer = Wired(cell, torch.eye(33), own, compiled=True, event_products=True)
    heard = (torch.rand(STEPS, 70, 33, generator=generator) < 0.5).float()
    found, before = [], torch.get_num_threads()
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        found.append(torch.autograd.grad(scan(layer, heard)[0].sum(), own)[0])
    torch.set_num_threads(before)
    assert found[0].any() and all(torch.equal(found[0], one) for one in found[1:])
