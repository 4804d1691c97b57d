"""A cell's steps at once, compiled, with gradients: what :meth:`.cell.Cell.step` does in a loop.

Nothing of a neuron is written here or there: both run the tape of the cell. The loop of PyTorch is
the reference; what is compiled is compared with it before it is used, and left where it differs.
"""

import ctypes
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.autograd.graph import saved_tensors_hooks

from ..errors import SpikewrightWarning
from ..native import library
from .cell import Cell, States
from .reused import empty_like
from .scan_source import BLOCK, Constant, scan_source
from .tape_source import StepSource
from .traced import Untraceable

__all__ = ["CompiledScan", "compiled_scan", "is_compiled", "stepwise"]

#: Calls of a tape from which on its compilation takes many seconds.
LONGEST = 400
#: Updates of neurons that are worth a thread of their own.
_WORTH_A_THREAD = 1 << 15

_LONG = ctypes.c_int64
#: Share of neurons in real numbers that do as in PyTorch in every step of the comparison.
_NEAR = 0.9
#: Steps, samples and neurons of the comparison with PyTorch.
_TRIAL = (9, 14, 5)


def stepwise(cell: Cell, states: States, inputs: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Run a cell step by step; return spikes and membranes, as :class:`CompiledScan` does."""
    constants = cell.constants()
    spikes, membranes = [], []
    for now in zip(*(one.unbind(0) for one in inputs), strict=True):
        states, spike = cell.step(constants, states, now)
        spikes.append(spike.to(cell.dtype))
        membranes.append(states["v"])
    return torch.stack(spikes), torch.stack(membranes)


class CompiledScan:
    """The steps of a cell, compiled.

    Parameters
    ----------
    cell : Cell
    constants : sequence of Constant
        What its constants are.
    dtype : torch.dtype
        Of its states.
    functions : library
        What was compiled.
    step : StepSource
    text : str
        Of the functions.
    """

    def __init__(
        self, cell: Cell, constants: Sequence[Constant], dtype: torch.dtype,
        functions: ctypes.CDLL, step: StepSource, text: str,
    ):
        self.forward, self.backward = functions.forward, functions.backward
        self.text = text
        self.constants, self.dtype = constants, dtype
        self.names, self.spikes = list(cell.definition.states), cell.definition.spikes
        self._numbers = np.array([*step.numbers, 0.0])
        self._tables = [one.to(dtype).contiguous() for one in step.tables]

    def __call__(
        self, constants: Sequence[Tensor], states: States, inputs: Sequence[Tensor]
    ) -> tuple[Tensor, Tensor, States]:
        """Run the steps.

        Parameters
        ----------
        constants : sequence of Tensor
            :meth:`.cell.Cell.constants`.
        states : mapping of str to Tensor ``[samples, neurons]``
            Before the first step.
        inputs : sequence of Tensor ``[steps, samples, neurons]``

        Returns
        -------
        Spikes and membranes, each ``[steps, samples, neurons]``, and the states after the last.
        """
        each, starts = self.expanded(constants, states, inputs[0].shape[1:])
        made = _Scan.apply(self, len(each), len(starts), *each, *starts, *inputs)
        assert isinstance(made, tuple)
        spikes, membranes, *after = made
        return spikes, membranes, dict(zip(self.names, after, strict=True))

    def expanded(
        self, constants: Sequence[Tensor], states: States, shape: Sequence[int]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Return constants and states as the compiled functions take them."""
        each = [
            one.to(self.dtype).expand(shape) if kind.several else one.to(self.dtype)
            for one, kind in zip(constants, self.constants, strict=True)
        ]
        return each, [states[name].to(self.dtype).expand(shape) for name in self.names]

    def empty_gradients(self, like: Tensor) -> list[Tensor | None]:
        """Return room for the gradients of the learned constants, of each neuron."""
        return [torch.empty_like(like) if kind.learned else None for kind in self.constants]

    def summed(self, gradients: Sequence[Tensor | None]) -> list[Tensor | None]:
        """Return the gradients of the constants from those of each neuron."""
        return [
            one if one is None or kind.several else one.sum()
            for one, kind in zip(gradients, self.constants, strict=True)
        ]

    def run(
        self, function: Any, given: Sequence[Any], steps: int, elements: int, *, whole: int = BLOCK
    ) -> None:
        """Call a compiled function, on several threads where that is worth it.

        Each gets a multiple of ``whole`` elements.
        """
        fixed = (
            ctypes.c_void_p(self._numbers.ctypes.data), _addresses(self._tables),
            *map(_argument, given), _LONG(steps), _LONG(elements),
        )
        most = max(1, steps * elements // _WORTH_A_THREAD)
        threads = min(torch.get_num_threads(), most)
        size = -(-elements // (threads * whole)) * whole
        parts = [(at, min(at + size, elements)) for at in range(0, elements, size)]
        if len(parts) < 2:
            function(*fixed, _LONG(0), _LONG(elements))
            return
        for done in [
            _threads(len(parts)).submit(function, *fixed, *map(_LONG, part)) for part in parts
        ]:
            done.result()


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, scan: CompiledScan, constants: int, starts: int, *given: Tensor
    ) -> tuple[Tensor, ...]:
        tensors = [one.contiguous() for one in given]
        first = constants + starts
        inputs = tensors[first:]
        steps, elements = len(inputs[0]), inputs[0][0].numel()
        spikes = (empty_like if scan.spikes else torch.zeros_like)(inputs[0])
        states = [empty_like(inputs[0]) for _ in range(starts)]
        scan.run(
            scan.forward, (tensors[:constants], inputs, tensors[constants:first], states, spikes),
            steps, elements,
        )
        ctx.scan, ctx.counts, ctx.shapes = scan, (constants, starts), [one.shape for one in given]
        ctx.save_for_backward(*tensors, *states)
        ctx.set_materialize_grads(False)
        return spikes, states[scan.names.index("v")], *(one[-1].clone() for one in states)

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, *gradients: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        scan, (constants, starts) = ctx.scan, ctx.counts
        tensors = list(ctx.saved_tensors)
        states = tensors[-starts:]
        given = tensors[:-starts]
        first = constants + starts
        inputs = given[first:]
        steps, elements = len(inputs[0]), inputs[0][0].numel()
        of_spikes, of_membranes, *of_after = (
            None if one is None else one.contiguous() for one in gradients
        )
        like = inputs[0][0]
        of_inputs = [empty_like(one) for one in inputs]
        of_starts = [torch.empty_like(like) for _ in range(starts)]
        of_constants = scan.empty_gradients(like)
        scan.run(
            scan.backward,
            (given[:constants], inputs, given[constants:first], states, of_spikes, of_membranes,
             of_after, None, of_inputs, of_starts, of_constants),
            steps, elements,
        )
        return None, None, None, *scan.summed(of_constants), *of_starts, *of_inputs


_found: "WeakKeyDictionary[Cell, dict[tuple[Constant, ...], CompiledScan | None]]"
_found = WeakKeyDictionary()


def compiled_scan(
    cell: Cell, constants: Sequence[Any], inputs: Sequence[Tensor]
) -> CompiledScan | None:
    """Return the compiled steps of a cell, or None where there can be none.

    They are for one kind of constants, such as are learned or not, and one type of numbers; both
    are taken from ``constants`` and ``inputs``, what the cell is going to be given.
    """
    kinds = tuple(_kind(one) for one in constants)
    dtype = inputs[0].dtype
    usual = dtype == cell.dtype and all(
        one.dtype == dtype and one.device.type == "cpu" for one in inputs
    )
    if not usual or None in kinds:
        return None
    found = _found.setdefault(cell, {})
    asked = tuple(kind for kind in kinds if kind)
    for known, made in found.items():
        if _serves(known, asked):
            return made
    found[asked] = _compiled(cell, asked, dtype)
    return found[asked]


def is_compiled(cell: Cell) -> bool:
    """Return whether a cell has run compiled."""
    return any(made is not None for made in _found.get(cell, {}).values())


def _serves(known: tuple[Constant, ...], asked: tuple[Constant, ...]) -> bool:
    """Whether what is compiled for some constants does for others: it may give more gradients."""
    return all(
        replace(one, learned=other.learned) == other and one.learned >= other.learned
        for one, other in zip(known, asked, strict=True)
    )


def _kind(constant: Any) -> Constant | None:
    if not isinstance(constant, Tensor) or constant.dim() > 1:
        return None
    return Constant(
        several=constant.dim() == 1, is_condition=constant.dtype == torch.bool,
        learned=constant.requires_grad,
    )


def _compiled(
    cell: Cell, kinds: tuple[Constant, ...], dtype: torch.dtype
) -> CompiledScan | None:
    if len(cell.written[0].calls) > LONGEST:
        return None
    try:
        text, step = scan_source(cell, kinds, dtype)
    except Untraceable:
        return None
    functions = library(text)
    if functions is None:
        return None
    made = CompiledScan(cell, kinds, dtype, functions, step, text)
    with saved_tensors_hooks(_itself, _itself):  # what is kept here is not for a caller's hooks
        agrees = _agrees(cell, made)
    if agrees:
        return made
    warnings.warn(
        f"{cell.definition.name}, compiled on this machine, does not do as PyTorch does; PyTorch "
        "alone is used, which is slower",
        SpikewrightWarning, stacklevel=3,
    )
    return None


def _agrees(cell: Cell, made: CompiledScan) -> bool:
    """Whether what was compiled does as PyTorch does, on drawn currents, small and large.

    A float that is rounded otherwise may cross a threshold, or not, and the rest of the neuron's
    steps are others then; so of neurons in real numbers a few may differ. Of integers none may.
    """
    generator = torch.Generator().manual_seed(0)
    count = next((one.shape[0] for one in cell.constants() if one.dim()), _TRIAL[2])
    shape = (*_TRIAL[:2], count)
    size = 2.0 ** torch.arange(-3, _TRIAL[1] - 3)[:, None]
    results = []
    for run in (partial(made, cell.constants()), partial(stepwise, cell)):
        generator.manual_seed(0)
        inputs = []
        for _ in cell.definition.inputs:
            drawn = torch.randn(shape, generator=generator, dtype=torch.float64) * size
            if cell.fixed:
                drawn = drawn.round().clamp(cell.fixed.format.min, cell.fixed.format.max)
            inputs.append(drawn.to(cell.dtype).requires_grad_())
        with torch.enable_grad():
            spikes, membranes, *_ = run(cell.start(*shape[1:]), inputs)
            loss = (spikes * torch.linspace(-1, 1, shape[0])[:, None, None]).sum()
            gradients = torch.autograd.grad(loss + membranes.sum(), inputs)
        results.append([spikes.detach(), membranes.detach(), *gradients])
    near = torch.stack([
        torch.isclose(one, other, rtol=1e-3, atol=1e-4, equal_nan=True).all(dim=0)
        for one, other in zip(*results, strict=True)
    ])
    if cell.fixed:
        return bool(near.all()) and all(map(torch.equal, *(one[:2] for one in results)))
    return float(near.all(dim=0).double().mean()) > _NEAR


def _itself(tensor: Tensor) -> Tensor:
    return tensor


@lru_cache(maxsize=1)
def _threads(count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count)


def _argument(given: Any) -> Any:
    """Return a list of tensors, a tensor or None, or a whole number as C takes it."""
    if isinstance(given, list):
        return _addresses(given)
    return _LONG(given) if isinstance(given, int) else _address(given)


def _address(tensor: Tensor | None) -> ctypes.c_void_p | None:
    return None if tensor is None else ctypes.c_void_p(tensor.data_ptr())


def _addresses(those: Sequence[Tensor | None]) -> ctypes.Array:
    each = [None if one is None else one.data_ptr() for one in those]
    return (ctypes.c_void_p * max(1, len(each)))(*each)
