"""A neuron definition as PyTorch operations: in real numbers, or exactly on the integer grid.

The update is not written here: :class:`Cell` runs the graph of a definition with operations that
have gradients. In real numbers ``>> k`` is a product with 2**-k; on the grid it rounds toward minus
infinity, and its gradient is that of the product (straight-through). A comparison is 0 or 1, with a
surrogate gradient.
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from spikewright_hw.definition.definition import Definition
from spikewright_hw.definition.expression import Operations, evaluate
from spikewright_hw.fixed import Format

__all__ = ["Cell"]

#: Widest format whose sums stay exact in float32, which holds every integer up to 2**24.
_EXACT_WIDTH = 20


class Cell:
    """One layer's neurons, step by step.

    Parameters
    ----------
    definition : Definition
    parameters : mapping of str to float
        Real values without ``format``; stored integers with it.
    format : Format, optional
        Compute on the grid of this format: every value is a stored integer in a float32 tensor.
    width : float
        Distance from the threshold, in the membrane's unit, over which the surrogate gradient
        falls to about a third.

    Raises
    ------
    ValueError
        The format is too wide to be exact in float32.
    """

    def __init__(
        self,
        definition: Definition,
        parameters: Mapping[str, float],
        *,
        format: Format | None = None,
        width: float = 1.0,
    ):
        if format is not None and format.width > _EXACT_WIDTH:
            raise ValueError(
                f"{format} has {format.width} bits; training is exact up to {_EXACT_WIDTH}"
            )
        self.definition = definition
        self.parameters = dict(parameters)
        self.format = format
        self._operations = (_Real if format is None else _Grid)(width)

    def start(self, i: Tensor) -> dict[str, Tensor]:
        """Give the states before the first step, of the shape of a step's current."""
        return {name: torch.zeros_like(i) for name in self.definition.states}

    def step(self, states: Mapping[str, Tensor], i: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """Run one step; give the next states and the spikes, 0 and 1 (0 if it never spikes)."""
        leaves = {**states, **self.parameters, "i": i}
        after = evaluate(self.definition.update, leaves, self._operations)
        spike = after.pop("spike", None)
        if self.format is not None:
            low, high = self.format.min, self.format.max
            after = {name: value.clamp(low, high) for name, value in after.items()}
        return after, torch.zeros_like(i) if spike is None else spike


class _Spike(torch.autograd.Function):
    """1 where x >= 0; the gradient is 1 / (1 + (pi x / 2 w)**2) / w.

    So it is the arc tangent's (Fang et al., ICCV 2021), scaled by the width w.
    """

    @staticmethod
    def forward(ctx, x: Tensor, width: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.width = width
        return (x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx, *gradients: Tensor) -> tuple[Tensor, None]:
        (x,) = ctx.saved_tensors
        width = ctx.width
        return gradients[0] / (x * (math.pi / 2 / width)).square_().add_(1).mul_(width), None


class _Floor(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        return x.floor()

    @staticmethod
    def backward(ctx, *gradients: Tensor) -> Tensor:
        return gradients[0]


class _Real(Operations):
    def __init__(self, width: float):
        self.width = width

    def shift_right(self, value: Tensor, by: float) -> Tensor:
        return value * 2.0**-by

    def at_least(self, a: Tensor, b: Tensor) -> Tensor:
        return _Spike.apply(a - b, self.width)

    def greater(self, a: Tensor, b: Tensor) -> Tensor:
        return 1 - self.at_least(b, a)

    @staticmethod
    def where(condition: Tensor, yes: Tensor, no: Tensor) -> Tensor:
        return no + condition * (yes - no)  # so that the gradient reaches the condition


class _Grid(_Real):
    def shift_right(self, value: Tensor, by: float) -> Tensor:
        return _Floor.apply(value * 2.0**-by)
