"""A device that stands for a GPU: its tensors hold numbers, and mix with none of the CPU's.

They say that they are on PyTorch's device ``meta``, and their operations are those of the CPU. So a
training there must give what one on the CPU gives, and what leaves a tensor behind is refused, as a
GPU refuses it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

__all__ = ["AWAY", "Away", "away"]

AWAY = torch.device("meta")
_HERE = torch.device("cpu")
#: What takes tensors from one device to another.
_MOVES = (torch.ops.aten._to_copy.default, torch.ops.aten.copy_.default)


class Away(Tensor):
    """A tensor of the device."""

    held: Tensor
    #: Of tensors without numbers, to which PyTorch copies nothing.
    is_meta = False  # pyright: ignore[reportAssignmentType, reportIncompatibleVariableOverride]

    @staticmethod
    def __new__(cls, held: Tensor) -> "Away":
        made = torch.Tensor._make_wrapper_subclass(  # pyright: ignore[reportAttributeAccessIssue]
            cls, held.shape, strides=held.stride(), storage_offset=held.storage_offset(),
            dtype=held.dtype, device=AWAY,
        )
        made.held = held
        return made

    def tolist(self) -> Any:
        """Return its numbers."""
        return self.held.tolist()

    @classmethod
    def __torch_dispatch__(cls, function, types, args=(), kwargs=None) -> Any:
        return _done(function, args, kwargs or {})


class _Mode(TorchDispatchMode):
    def __torch_dispatch__(self, function, types, args=(), kwargs=None) -> Any:
        return _done(function, args, kwargs or {})


@contextmanager
def away() -> Iterator[torch.device]:
    """Let there be the device."""
    with _Mode(), _of_numbers("tensor"), _of_numbers("as_tensor"):
        yield AWAY


def _of_numbers(name: str) -> Any:
    """Make a tensor of numbers on the CPU, and move it: PyTorch calls no operation to make it."""
    function = getattr(torch, name)

    def made(*args: Any, **named: Any) -> Tensor:
        if named.get("device") != AWAY:
            return function(*args, **named)
        return function(*args, **{**named, "device": _HERE}).to(AWAY)

    return patch.object(torch, name, made)


def _done(function: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    tensors = [one for one in tree_flatten((args, kwargs))[0] if isinstance(one, Tensor)]
    there = [one for one in tensors if isinstance(one, Away)]
    here = [one for one in tensors if not isinstance(one, Away) and one.dim()]
    if there and here and function not in _MOVES:
        raise RuntimeError(f"{function} of tensors of two devices")
    asked = kwargs.get("device")
    goes = bool(there) if asked is None else torch.device(asked) == AWAY
    if function is torch.ops.aten.copy_.default:
        goes = isinstance(args[0], Away)
    if asked is not None:
        kwargs = {**kwargs, "device": _HERE}
    known = {id(one.held): one for one in there}
    made = function(*tree_map(_held, args), **tree_map(_held, kwargs))

    def placed(one: Any) -> Any:
        if not isinstance(one, Tensor):
            return one
        if id(one) in known:
            return known[id(one)]
        return Away(one) if goes else one

    return tree_map(placed, made)


def _held(one: Any) -> Any:
    return one.held if isinstance(one, Away) else one
