"""What each operation of a graph is on PyTorch tensors, written on a tape.

Gradients:

- A comparison that the spike is made of is a float, 0 or 1, with a surrogate gradient. Any other is
  a bool without one.
- A step whose slope varies with a state, as that of an exponential upstroke does, passes that state
  no more gradient than it received: slopes of ten and more, step after step, would drown all else.
- A program computes with whole numbers in float tensors. What it floors passes the gradient on
  (straight-through; Bengio et al., arXiv:1308.3432, 2013), and a table's entry passes none to its
  index, since the slope of an interpolation is that of its product.
"""

# Each method is an operation. Those of other lowerings are static; these ones write on a tape.
# ruff: noqa: D102
# pyright: reportIncompatibleMethodOverride=false

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from spikewright_hw.definition.expression import Operations

from .surrogate import Surrogate, spike
from .tape import Tape, Term

__all__ = [
    "Soft", "TapeOperations", "complement", "copied", "entry", "exprel_of", "floored", "hold",
    "inverted", "place",
]

#: Where logarithm and root begin, so that their slopes stay finite.
_TINY = 1e-12
#: Below this size, five terms of a series are exact to the last digits of a double.
_NEAR_ZERO = 0.01


@dataclass(frozen=True)
class Soft:
    """The gradient of a comparison.

    Parameters
    ----------
    surrogate : Surrogate
    scale : float
        How far from the threshold the neuron starts.
    """

    surrogate: Surrogate
    scale: float = 1.0


class TapeOperations(Operations):
    """Operations on the terms of a tape."""

    def __init__(self, tape: Tape, *, detach: bool):
        self.tape = tape
        self.detach = detach
        self.soft: dict[tuple[Any, ...], Soft] = {}
        self._tables: dict[tuple[int, ...], Term] = {}

    def constant(self, value: float) -> Term:
        return self.tape.known(value)

    # Equations ------------------------------------------------------------------------------------

    def add(self, a: Term, b: Term) -> Term:
        return self.tape.sum(a, b)

    def subtract(self, a: Term, b: Term) -> Term:
        return self.tape.sum(a, b, -1)

    def multiply(self, a: Term, b: Term) -> Term:
        return self.tape.product(a, b)

    def divide(self, a: Term, b: Term) -> Term:
        return self.tape.product(a, self.reciprocal(b))

    def reciprocal(self, x: Term) -> Term:
        return self._function(torch.reciprocal, x)

    def exp(self, x: Term) -> Term:
        return self._function(torch.exp, x)

    def expm1(self, x: Term) -> Term:
        return self._function(torch.expm1, x)

    def exprel(self, x: Term) -> Term:
        return self._function(exprel_of, x)

    def tanh(self, x: Term) -> Term:
        return self._function(torch.tanh, x)

    def sigmoid(self, x: Term) -> Term:
        return self._function(torch.sigmoid, x)

    def log(self, x: Term) -> Term:
        return self._function(torch.log, self.maximum(x, self.tape.known(_TINY)))

    def sqrt(self, x: Term) -> Term:
        return self._function(torch.sqrt, self.maximum(x, self.tape.known(_TINY)))

    def _function(self, function: Callable, x: Term) -> Term:
        if x.is_number:
            return self.tape.call(_of_number, x, of=function)
        return self.tape.call(function, x)

    # Comparisons and choices ----------------------------------------------------------------------

    def greater(self, a: Term, b: Term) -> Term:
        return self._compare("greater", a, b)

    def at_least(self, a: Term, b: Term) -> Term:
        return self._compare("at_least", a, b)

    def _compare(self, operation: str, a: Term, b: Term) -> Term:
        strict = operation == "greater"
        soft = self.soft.get((operation, a, b))
        distance = self.tape.sum(a, b, -1) if soft else None
        if soft is None or distance is None or distance.stage == 0:  # what is known has no slope
            return self.tape.call(operator.gt if strict else operator.ge, a, b)
        return self.tape.call(
            spike, distance, soft=True, surrogate=soft.surrogate, strict=strict, scale=soft.scale
        )

    def both(self, a: Term, b: Term) -> Term:
        if a.soft or b.soft:
            return self.tape.call(operator.mul, a, b, soft=True)
        return self.tape.call(operator.and_, a, b)

    def either(self, a: Term, b: Term) -> Term:
        if a.soft or b.soft:
            return self.invert(self.both(self.invert(a), self.invert(b)))
        return self.tape.call(operator.or_, a, b)

    def invert(self, condition: Term) -> Term:
        if condition.soft:
            return self.tape.call(complement, condition, soft=True)
        return self.tape.call(inverted, condition)

    def where(self, condition: Term, yes: Term, no: Term) -> Term:
        return self.tape.choice(condition, yes, no, detach=self.detach)

    def minimum(self, a: Term, b: Term) -> Term:
        return self._bound(a, b, min, "max", torch.minimum)

    def maximum(self, a: Term, b: Term) -> Term:
        return self._bound(a, b, max, "min", torch.maximum)

    def _bound(self, a: Term, b: Term, number: Callable, keyword: str, tensor: Callable) -> Term:
        if a.is_number and b.is_number:
            return self.tape.known(number(a.value, b.value))
        for one, other in ((a, b), (b, a)):
            if one.is_number:
                return self.tape.call(torch.clamp, other, **{keyword: one.value})
        return self.tape.call(tensor, a, b)

    # Programs -------------------------------------------------------------------------------------

    def shift_left(self, value: Term, by: int) -> Term:
        return self.tape.product(self.tape.known(2**by), value)

    def shift_right(self, value: Term, by: int) -> Term:
        return self.tape.call(floored, self.tape.product(self.tape.known(2.0**-by), value))

    def low_bits(self, value: Term, count: int) -> Term:
        return self.tape.call(operator.mod, value, self.tape.known(2**count))

    def pick(self, index: Term, table: tuple[int, ...]) -> Term:
        if index.is_number:
            return self.tape.known(table[int(index.value)])
        if table not in self._tables:
            self._tables[table] = self.tape.known(torch.tensor(table, dtype=torch.float64))
        return self.tape.call(entry, self.tape.call(place, index), self._tables[table], index)


class _Floor(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.floor()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return gradients[0]


def copied(state: Tensor) -> Tensor:
    """Return a state as a tensor of its own, so that a hook sees this use of it alone."""
    return state.view_as(state) if state.requires_grad else state


def hold(x: Tensor, state: Tensor, *, most: float) -> Tensor:
    """Keep the gradient of a state within ``most`` times that of ``x``, element by element."""
    if isinstance(x, Tensor) and x.requires_grad and state.requires_grad:
        seen: list[Tensor | None] = []

        def limit(gradient: Tensor | None) -> Tensor | None:
            received = seen[-1] if seen else gradient
            if gradient is None or received is None:  # undefined, which is zero
                return gradient
            bound = received.abs() * (most if seen else 1)
            return torch.minimum(torch.maximum(gradient, -bound), bound)

        x.register_hook(seen.append)
        state.register_hook(limit)
    return x


def floored(x: Any) -> Any:
    """Return the whole number below; the gradient passes as if it were not floored."""
    return _Floor.apply(x) if isinstance(x, Tensor) else math.floor(x)


def place(index: Tensor) -> Tensor:
    """Return an index as torch takes it."""
    return index.detach().long()


def entry(place: Tensor, table: Tensor, index: Tensor) -> Tensor:
    """Return the entry of a table, in the type of its index."""
    return table[place].to(index.dtype)


def _of_number(x: float, *, of: Callable[[Tensor], Tensor]) -> float:
    """Apply a function to a number; it overflows to infinity as that of a tensor does."""
    return of(torch.tensor(x, dtype=torch.float64)).item()


def exprel_of(x: Tensor) -> Tensor:
    """Return (exp(x) - 1) / x; near zero by its series, which keeps the slope's digits."""
    near = x.abs() < _NEAR_ZERO
    away = torch.where(near, 1.0, x)
    series = 1 + x / 2 * (1 + x / 3 * (1 + x / 4 * (1 + x / 5 * (1 + x / 6))))
    return torch.where(near, series, torch.expm1(away) / away)


def complement(x: Any) -> Any:
    """Return the contrary of a condition that is 0 or 1."""
    return 1 - x


def inverted(x: Any) -> Any:
    """Return the contrary of a condition."""
    return ~x if isinstance(x, Tensor) else not x
