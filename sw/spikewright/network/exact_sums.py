"""Sums that are exact, and so the same in any order: on any processor, by any library.

Numbers are first rounded to a grid that is fine beside the largest of them, with so few bits that
float64 holds every sum of so many of their products without rounding. Then neither the order of a
sum, nor the width of vectors, nor a fused multiplication and addition changes a bit of it. (J.
Demmel, H. D. Nguyen, "Fast reproducible floating-point summation", ARITH, 2013.)
"""

import math
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

__all__ = ["exact_product", "exact_sum"]

#: Bits of a whole number that float64 holds exactly.
_BITS = 53


def exact_product(a: Tensor, b: Tensor) -> Tensor:
    """Return ``a @ b``, in the type of ``b``, with gradients that are as exact.

    Parameters
    ----------
    a : Tensor ``[..., inputs]``
    b : Tensor ``[inputs, neurons]``
    """
    made = _Product.apply(a.reshape(-1, a.shape[-1]), b)
    assert isinstance(made, Tensor)
    return made.view(*a.shape[:-1], b.shape[1])


def exact_sum(values: Tensor) -> float:
    """Return the sum of all values."""
    return float(_on_grid(values, _BITS - _width(values.numel())).sum())


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        return _product(a, b)

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, gradient: Tensor
    ) -> tuple[Tensor | None, Tensor | None]:
        a, b = ctx.saved_tensors
        return (
            _product(gradient, b.t()) if ctx.needs_input_grad[0] else None,
            _product(a.t(), gradient) if ctx.needs_input_grad[1] else None,
        )


def _product(a: Tensor, b: Tensor) -> Tensor:
    bits = (_BITS - _width(a.shape[1])) // 2
    return (_on_grid(a, bits) @ _on_grid(b, bits)).to(b.dtype)


def _width(count: int) -> int:
    """Return by how many bits a sum of so many numbers may be wider than each of them."""
    return math.ceil(math.log2(max(1, count)))


def _on_grid(values: Tensor, bits: int) -> Tensor:
    """Return values in float64, rounded to whole steps, of which the largest has so many bits."""
    values = values.detach().to(torch.float64, copy=True)
    largest = float(values.abs().max()) if values.numel() else 0.0
    if largest == 0 or not math.isfinite(largest):
        return values
    exponent = bits - math.frexp(largest)[1]
    return values.mul_(math.ldexp(1, exponent)).round_().mul_(math.ldexp(1, -exponent))
