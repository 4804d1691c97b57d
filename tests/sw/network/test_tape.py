"""Every operation of a graph on every kind of operand, as PyTorch runs it: values and slopes."""

import operator
from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import pytest
import torch

from spikewright.network.cell import Cell
from spikewright_hw.definition import reals
from spikewright_hw.definition.definition import Definition, Input, Parameter, State
from spikewright_hw.definition.expression import (
    FUNCTIONS,
    Expression,
    absolute,
    clip,
    maximum,
    minimum,
    where,
)

NEURONS = 3
#: What an operand is, with its value for each neuron.
KINDS: dict[str, Any] = {
    "literal": 0.75,
    "zero": 0.0,
    "one": 1,
    "number": 1.5,
    "vector": (0.5, 1.25, 2.5),
    "learned": 0.625,
    "learned_vector": (0.375, 1.75, 0.875),
    "v": (0.25, 1.55, 1.1),
    "i": (2.1, 0.55, 0.95),
}
PARAMETERS = ("number", "vector", "learned", "learned_vector")
LEARNED = ("learned", "learned_vector")
BINARY: dict[str, Callable] = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul,
    "divide": operator.truediv, "minimum": minimum, "maximum": maximum,
}
UNARY: dict[str, Callable] = {
    **{name: partial(Expression, name) for name in FUNCTIONS if name != "reciprocal"},
    "negative": operator.neg, "absolute": absolute, "clip": lambda x: clip(x, -0.5, 0.5),
}
TERNARY: dict[str, Callable] = {
    "a + b*c": lambda a, b, c: a + b * c,
    "a - b*c": lambda a, b, c: a - b * c,
    "b*c - a": lambda a, b, c: b * c - a,
    "where(a > b, b, c)": lambda a, b, c: where(a > b, b, c),
    "where(a >= b, c, a + b)": lambda a, b, c: where(a >= b, c, a + b),
    "where(a > b and not c > b, a, c - b)": lambda a, b, c: where((a > b) & ~(c > b), a, c - b),
    "where(a > b or b >= c, c + a*b, c)": lambda a, b, c: where((a > b) | (b >= c), c + a * b, c),
}


def operand(kind: str) -> Expression:
    """Return an operand of a kind."""
    if kind in ("literal", "zero", "one"):
        return Expression.of(KINDS[kind])
    return Expression.leaf(kind)


def definition(**update: Expression) -> Definition:
    """Return a neuron with one state, one input and parameters of each kind."""
    return Definition(
        name="probe", doc="", inputs={"i": Input()}, states={"v": State()}, update=update,
        parameters={name: Parameter(1.0, "") for name in PARAMETERS},
    )


def check(probe: Definition, *, dtype: torch.dtype = torch.float64, detach: bool = False) -> None:
    """Hold a step to the equations in real numbers, and its slopes to differences of it."""
    given = {name: KINDS[name] for name in PARAMETERS}
    cell = Cell(probe, learn=LEARNED, detach_reset=detach, **given).to(dtype)
    v, i = (
        torch.tensor([KINDS[name]] * 2, dtype=dtype, requires_grad=True) for name in ("v", "i")
    )
    after, spike = cell({"v": v}, i)
    assert after["v"].shape == spike.shape == v.shape
    assert after["v"].dtype == spike.dtype == dtype
    for n in range(NEURONS):
        values = {
            name: value[n] if isinstance(value, tuple) else value for name, value in KINDS.items()
        }
        wanted, spiked = reals.step(
            probe, {"v": values["v"]}, {"i": values["i"]}, {k: values[k] for k in PARAMETERS}
        )
        assert after["v"][:, n].tolist() == pytest.approx([wanted["v"]] * 2, rel=1e-6, abs=1e-6)
        assert spike[:, n].tolist() == [float(spiked)] * 2
    if after["v"].requires_grad:
        after["v"].sum().backward()
    if dtype == torch.float64 and not probe.spikes:
        inputs = tuple(one for one in (v, i) if one.grad is not None)
        if inputs and not any(after["v"].isnan().flatten()):
            assert torch.autograd.gradcheck(lambda *given: _of(cell, v, i, given), inputs)


def _of(cell: Cell, v: torch.Tensor, i: torch.Tensor, given: tuple[torch.Tensor, ...]):
    """Run a step with those of its operands replaced that have a gradient."""
    both = iter(given)
    first, second = (next(both) if one.grad is not None else one for one in (v, i))
    return cell({"v": first}, second)[0]["v"]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", UNARY)
def test_of_one(name, dtype):
    for kind in KINDS:
        if kind == "zero" and name in ("log", "sqrt"):
            continue  # no value, or no slope, in real numbers
        check(definition(v=UNARY[name](operand(kind)) + operand("v")), dtype=dtype)
        check(definition(v=UNARY[name](operand(kind))), dtype=dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", BINARY)
def test_of_two(name, dtype):
    for a, b in product(KINDS, repeat=2):
        smooth = name not in ("minimum", "maximum") or KINDS[a] != KINDS[b]
        if (name == "divide" and b == "zero") or not smooth or {a, b} == {"v", "i"}:
            continue
        check(definition(v=BINARY[name](operand(a), operand(b))), dtype=dtype)


@pytest.mark.parametrize("detach", [False, True])
@pytest.mark.parametrize("name", TERNARY)
def test_of_three(name, detach):
    """With a spike that depends on it, its comparisons are soft; without one they are not."""
    for a, b, c in product(("number", "vector", "learned", "v"), repeat=3):
        value = TERNARY[name](operand(a), operand(b), operand(c))
        spike = value.operands[0] if value.operation == "where" else value > operand(a)
        check(definition(v=value, spike=spike), detach=detach)


def test_what_overflows_is_infinite_as_it_is_in_a_tensor():
    huge = Expression.of(1000) * Expression.leaf("number")
    for value in (Expression("exp", huge), Expression("exp", huge * Expression.leaf("vector"))):
        cell = Cell(definition(v=value), number=1.0, vector=(1.0, 2.0))
        after, _ = cell({"v": torch.zeros(1, 2)}, torch.zeros(1, 2))
        assert after["v"].tolist() == [[float("inf")] * 2]
