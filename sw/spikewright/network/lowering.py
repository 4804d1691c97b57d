"""A graph as PyTorch calls: a definition's equations in real numbers, or its integer program."""

# max stands for several operations.
# pyright: reportAssignmentType=false

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from spikewright_hw.definition.expression import CONDITIONS, FUNCTIONS, Expression, Operations
from spikewright_hw.definition.graph import evaluate, leaves

from .operations import Soft, TapeOperations, copied, hold
from .surrogate import Surrogate
from .tape import Tape, TapeProgram, Term

__all__ = ["Steep", "filled", "lower", "softened", "spike_comparisons", "steep"]


def spike_comparisons(condition: Expression, counts: Collection[str]) -> list[Expression]:
    """Return the comparisons that a condition is made of by and, or and not.

    Those that speak of the leaves ``counts`` alone are left out: a counter has no slope.
    """
    if condition.operation in ("both", "either", "invert"):
        return [one for part in condition.operands for one in spike_comparisons(part, counts)]
    if condition.operation in ("greater", "at_least") and any(
        leaf.operands[0] not in counts for leaf in leaves(condition)
    ):
        return [condition]
    return []


def lower(
    outputs: Mapping[str, Expression],
    *,
    known: Mapping[str, Any],
    once: Sequence[str],
    each: Sequence[str],
    soft: Mapping[Expression, Soft],
    steep: Collection["Steep"],
    detach: bool,
    fused: bool = True,
) -> tuple[TapeProgram, TapeProgram]:
    """Write the tapes of a graph.

    Parameters
    ----------
    outputs : mapping of str to Expression
    known : mapping of str to number or Tensor
        Leaves that never change.
    once, each : sequence of str
        Leaves that stay for a sequence, and those that change each step.
    soft : mapping of Expression to Soft
        Comparisons with a gradient.
    steep : collection of Steep
        Values that hold the gradient of a state.
    detach : bool
        Whether a choice by a comparison with a gradient passes it none.
    fused : bool
        As a :class:`~.tape.Tape` has it.

    Returns
    -------
    Two programs. The first takes the leaves ``once``; what it gives, followed by the leaves
    ``each``, is what the second takes, and that gives the outputs.
    """
    tape = Tape(fused=fused)
    leaves = {name: tape.known(value) for name, value in known.items()}
    leaves |= {name: tape.leaf(1) for name in once}
    leaves |= {name: tape.leaf(2) for name in each}
    leaves |= {one.state: tape.call(copied, leaves[one.state]) for one in steep}
    operations = TapeOperations(tape, detach=detach)
    for node, how in soft.items():
        sides = {str(index): side for index, side in enumerate(node.operands)}
        operations.soft[node.operation, *evaluate(sides, leaves, operations).values()] = how
    for one in steep:
        (value,) = evaluate({"": one.value}, leaves, operations).values()
        tape.keep(tape.call(hold, value, leaves[one.state], most=one.slope))
    like = leaves[each[0]]
    ends = evaluate(outputs, leaves, operations)
    return tape.programs([_whole(tape, outputs[name], end, like) for name, end in ends.items()])


def _whole(tape: Tape, node: Expression, end: Term, like: Term) -> Term:
    """Return an output in the shape and the type of a state; a condition becomes 0 and 1."""
    if end.stage == 2 and (end.soft or node.operation not in CONDITIONS):
        return end
    return tape.call(filled, end, like)


def filled(value: Any, like: Tensor) -> Tensor:
    """Return a value in the shape and the type of a state."""
    value = torch.as_tensor(value, device=like.device)
    return torch.zeros_like(like) + value.to(like.dtype)


@dataclass(frozen=True)
class Steep:
    """A value whose slope varies with a state.

    Parameters
    ----------
    value : Expression
        What of a comparison varies with the state; the state's next value is made of it too.
    state : str
    slope : float
        What is a slope of 1, if the two are in different units.
    """

    value: Expression
    state: str
    slope: float


def softened(
    comparisons: Sequence[Expression], rest: Mapping[str, Any], shape: Surrogate
) -> dict[Expression, Soft]:
    """Return the gradient of each comparison; ``rest`` has the leaves' values before any input."""
    found = {}
    for node in comparisons:
        distance = _value(node.operands[0] - node.operands[1], rest).detach().abs().mean()
        scale = float(distance)
        found[node] = Soft(shape, scale if 0 < scale < math.inf else 1.0)
    return found


@torch.enable_grad()
def steep(
    comparisons: Sequence[Expression], rest: Mapping[str, Any], states: Collection[str]
) -> list[Steep]:
    """Return what of the comparisons is steep in which states."""
    found = []
    for state in states:
        for side in (side for node in comparisons for side in node.operands):
            if _degree(side, state) < 2:
                continue
            core = _core(side, state)
            at = torch.as_tensor(rest[state]).double().requires_grad_()
            value = _value(core, {**rest, state: at}).sum()
            if value.requires_grad:  # not of a product with zero
                (slope,) = torch.autograd.grad(value, at)
                found.append(Steep(core, state, _unit(slope)))
    return found


def _value(node: Expression, leaves: Mapping[str, Any]) -> Tensor:
    tape = Tape()
    known = {name: tape.known(value) for name, value in leaves.items()}
    (term,) = evaluate({"": node}, known, TapeOperations(tape, detach=True)).values()
    return torch.as_tensor(term.value, dtype=torch.float64)


def _degree(node: Any, state: str) -> int:
    if not isinstance(node, Expression):
        return 0
    degrees = {leaf.operands[0]: 0 for leaf in leaves(node)} | {state: 1}
    return evaluate({"": node}, degrees, _Degree())[""]


def _core(node: Expression, state: str) -> Expression:
    """Leave out summands that do not depend on the state, and shifts."""
    while node.operation in ("add", "subtract", "shift_left", "shift_right"):
        parts = [part for part in node.operands if _degree(part, state)]
        if len(parts) > 1:
            break
        (node,) = parts
    return node


def _unit(slope: Tensor) -> float:
    """Return the power of two that is 1 in other units: at a stable rest a slope is 1 at most."""
    largest = min(max(float(slope.abs().nan_to_num(0.0).max()), 1e-9), 1e9)
    return 2.0 ** math.ceil(math.log2(largest) - 1e-3)


class _Degree(Operations):
    """Degree of a value in a leaf: 0 if it does not depend on it, 1 if linearly, 2 else."""

    def __getattr__(self, name: str):
        if name in FUNCTIONS:
            return lambda degree: 2 * degree
        raise AttributeError(name)

    add = subtract = minimum = maximum = staticmethod(max)
    greater = at_least = both = either = staticmethod(lambda *degrees: 0)

    @staticmethod
    def constant(value: float) -> int:
        return 0

    @staticmethod
    def multiply(a: int, b: int) -> int:
        return a + b

    @staticmethod
    def divide(a: int, b: int) -> int:
        return a + 2 * b

    @staticmethod
    def invert(condition: int) -> int:
        return 0

    @staticmethod
    def where(condition: int, yes: int, no: int) -> int:
        return max(yes, no)

    @staticmethod
    def shift_left(value: int, by: int) -> int:
        return value

    @staticmethod
    def shift_right(value: int, by: int) -> int:
        return value

    @staticmethod
    def low_bits(value: int, count: int) -> int:
        return 2 * value

    @staticmethod
    def pick(index: int, table: tuple[int, ...]) -> int:
        return 2 * index
