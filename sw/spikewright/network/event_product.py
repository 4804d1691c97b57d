"""The product of spikes and rows of weights, event by event, compiled, with its gradient.

Most of what a layer hears is zero, and a product of matrices multiplies all of it. Here a row is
added for each event, which is a fraction of the work. The sums are those of the product in another
order, one that is the same on every processor.
"""

import ctypes
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import pad

from ..native import library
from .reused import empty

__all__ = ["event_product", "event_source", "padded"]

_TYPES = {torch.float32: "float", torch.float64: "double"}
#: Bytes of a vector in the source, and how many places a vector may write too many.
_VECTOR, _BEYOND = 64, 16
_LONG = ctypes.c_int64


def event_product(heard: Tensor, weights: Tensor) -> Tensor | None:
    """Return ``heard @ weights``, or None where it cannot be compiled.

    Parameters
    ----------
    heard : Tensor ``[..., inputs]``
    weights : Tensor ``[inputs, neurons]``
    """
    if heard.device.type != "cpu" or heard.dtype != weights.dtype or heard.dtype not in _TYPES:
        return None
    functions = _functions(heard.dtype)
    if functions is None:
        return None
    made = _Product.apply(functions, heard.reshape(-1, heard.shape[-1]), weights)
    assert isinstance(made, Tensor)
    return made.view(*heard.shape[:-1], weights.shape[1])


@lru_cache(maxsize=2)
def _functions(dtype: torch.dtype) -> ctypes.CDLL | None:
    return library(f"typedef {_TYPES[dtype]} R;\n{event_source()}")


def event_source() -> str:
    """Return the C++ text of the product and of its gradient, of the type R."""
    return (Path(__file__).parent / "event_product.hpp").read_text(encoding="utf-8")


def _room(heard: Tensor) -> tuple[Tensor, Tensor]:
    """Return room for the places of what is not zero, and for where each sample's start."""
    return (
        torch.empty(heard.numel() + _BEYOND, dtype=torch.int32),
        torch.empty(len(heard) + 1, dtype=torch.int64),
    )


def _gradient(
    functions: ctypes.CDLL, heard: Tensor, gradient: Tensor, places: Tensor, starts: Tensor
) -> Tensor:
    samples, inputs = heard.shape
    given = padded(gradient)
    made = heard.new_zeros(inputs, given.shape[1])
    functions.product_backward(
        *map(_address, (heard, given, made, places, starts)),
        *map(_LONG, (samples, inputs, given.shape[1])),
    )
    return _without(made, gradient.shape[1])


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, functions: ctypes.CDLL, heard: Tensor, weights: Tensor) -> Tensor:
        heard = heard.contiguous()
        samples, inputs = heard.shape
        rows = padded(weights)
        sums = empty((samples, rows.shape[1]), heard)
        places, starts = _room(heard)
        functions.product_forward(
            *map(_address, (heard, rows, sums, places, starts)),
            *map(_LONG, (samples, inputs, rows.shape[1])),
        )
        places = places[: int(starts[-1])].clone()  # of what is kept until the gradient comes
        ctx.functions = functions
        ctx.save_for_backward(heard, weights, places, starts)
        return _without(sums, weights.shape[1])

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, gradient: Tensor
    ) -> tuple[None, Tensor | None, Tensor | None]:
        heard, weights, places, starts = ctx.saved_tensors
        of_heard = gradient @ weights.t() if ctx.needs_input_grad[1] else None
        of_weights = None
        if ctx.needs_input_grad[2]:
            of_weights = _gradient(ctx.functions, heard, gradient, places, starts)
        return None, of_heard, of_weights


def padded(matrix: Tensor) -> Tensor:
    """Return a matrix with zeros at the end of its rows, so that they are whole vectors."""
    beyond = -matrix.shape[1] % (_VECTOR // matrix.element_size())
    return pad(matrix, (0, beyond)) if beyond else matrix.contiguous()


def _without(matrix: Tensor, columns: int) -> Tensor:
    return matrix if matrix.shape[1] == columns else matrix[:, :columns].contiguous()


def _address(tensor: Tensor) -> ctypes.c_void_p:
    return ctypes.c_void_p(tensor.data_ptr())
