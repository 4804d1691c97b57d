"""The steps of a cell that hears its own spikes, all of them compiled, with sums over events.

As :mod:`.compiled_recurrence`, whose products between two steps are sums of rows of weights here,
one for each spike; so the sums are in another order.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ..native import library
from .cell import States
from .compiled_scan import CompiledScan
from .event_product import event_source, padded
from .reused import empty_like

__all__ = ["event_recurrence"]

#: Inputs or states that the source has room for.
_MOST = 32
#: Samples that are run together at least, and into how many parts samples are parted at most: each
#: has a sum of its own of the weights' gradients, so that these are the same on several threads.
_LEAST, _PARTS = 8, 16


def event_recurrence(
    scan: CompiledScan, constants: Sequence[Tensor], states: States, inputs: Sequence[Tensor],
    own: int, recurrent: Tensor, spike: Tensor | None,
) -> tuple[Tensor, Tensor, States] | None:
    """Run the steps, with arguments and results of :func:`.compiled_recurrence`.

    Returns None where it cannot be compiled.
    """
    functions = _functions(scan.text)
    if functions is None or max(len(inputs) + 1, len(states), len(constants)) > _MOST:
        return None
    each, starts = scan.expanded(constants, states, inputs[0].shape[1:])
    made = _Recurrence.apply(
        scan, functions, (len(each), len(starts), own), recurrent, spike, *each, *starts, *inputs
    )
    assert isinstance(made, tuple)
    spikes, membranes, *after = made
    return spikes, membranes, dict(zip(scan.names, after, strict=True))


@lru_cache(maxsize=32)
def _functions(text: str) -> Any:
    here = Path(__file__).parent / "event_recurrence.hpp"
    return library(f"{text}\n{event_source()}\n{here.read_text(encoding='utf-8')}")


def _together(samples: int) -> int:
    """Return how many samples are run together: of whatever number, at most some parts."""
    return max(_LEAST, -(-samples // _PARTS))


class _Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, scan: CompiledScan, functions: Any, counts: tuple[int, int, int],
        recurrent: Tensor, first: Tensor | None, *given: Tensor,
    ) -> tuple[Tensor, ...]:
        tensors = [one.contiguous() for one in given]
        of_constants, of_starts, own = counts
        constants, starts = tensors[:of_constants], tensors[of_constants:][:of_starts]
        inputs = tensors[of_constants + of_starts :]
        spikes = empty_like(inputs[0])
        states = [empty_like(spikes) for _ in starts]
        inputs.insert(own, empty_like(spikes[0]))
        first = None if first is None else first.contiguous()
        rows = padded(recurrent)
        steps, samples, neurons = spikes.shape
        together = _together(samples)
        scan.run(
            functions.heard_forward,
            (constants, inputs, starts, states, spikes, first, rows, own, len(inputs),
             len(states), neurons, rows.shape[1], together),
            steps, samples * neurons, whole=together * neurons,
        )
        ctx.scan, ctx.functions, ctx.counts = scan, functions, counts
        ctx.save_for_backward(recurrent, first, spikes, *constants, *starts, *inputs, *states)
        ctx.set_materialize_grads(False)
        after = [one[-1].clone() for one in states]
        return spikes, states[scan.names.index("v")], *after

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, of_spikes: Tensor | None, of_membranes: Tensor | None, *of_ends: Tensor | None
    ) -> tuple[Tensor | tuple | None, ...]:
        scan, (constants_count, states_count, own) = ctx.scan, ctx.counts
        recurrent, first, spikes, *tensors = ctx.saved_tensors
        constants, tensors = tensors[:constants_count], tensors[constants_count:]
        starts, states = tensors[:states_count], tensors[-states_count:]
        inputs = tensors[states_count:-states_count]
        steps, samples, neurons = spikes.shape
        of_starts = [
            torch.zeros_like(spikes[0]) if one is None else one.clone(
                memory_format=torch.contiguous_format
            ) for one in of_ends
        ]
        of_spike = torch.zeros_like(spikes[0])
        of_step = samples * neurons
        if of_spikes is not None:
            of_spike.copy_(of_spikes[-1])
            if of_spikes.stride(0) == 0:  # of a count, the same in each step
                of_spikes, of_step = of_spikes[0], 0
            of_spikes = of_spikes.contiguous()
        if of_membranes is not None:
            of_membranes = of_membranes.contiguous()
            of_starts[scan.names.index("v")] += of_membranes[-1]
        of_inputs = [empty_like(one) for one in inputs]
        of_constants = scan.empty_gradients(spikes[0])
        totals = [None if one is None else torch.zeros_like(one) for one in of_constants]
        rows, columns = padded(recurrent), padded(recurrent.t())
        together = _together(samples)
        of_rows = rows.new_zeros(-(-samples // together), neurons, neurons)
        scan.run(
            ctx.functions.heard_backward,
            (constants, inputs, starts, states, spikes, first, of_spikes, of_step, of_membranes,
             of_inputs, of_starts, of_constants, totals, of_spike, of_rows, rows, columns, own,
             len(inputs), states_count, constants_count, neurons, rows.shape[1], together),
            steps, samples * neurons, whole=together * neurons,
        )
        del of_inputs[own]
        return (
            None, None, None, of_rows.sum(dim=0), None if first is None else of_spike,
            *scan.summed(totals), *of_starts, *of_inputs,
        )
