"""The steps of a cell that hears its own spikes: compiled steps, and a product between two of them.

As :mod:`.compiled_scan`, and to the last bit what PyTorch does step by step; but nothing is written
on autograd's graph for each step.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .cell import States
from .compiled_scan import CompiledScan
from .reused import empty_like

__all__ = ["compiled_recurrence"]

#: Bytes to which PyTorch aligns what it makes.
_LINE = 64


def compiled_recurrence(
    scan: CompiledScan, constants: Sequence[Tensor], states: States, inputs: Sequence[Tensor],
    own: int, recurrent: Tensor, spike: Tensor | None,
) -> tuple[Tensor, Tensor, States]:
    """Run the steps.

    Parameters
    ----------
    scan : CompiledScan
    constants, states
        As a scan takes them.
    inputs : sequence of Tensor ``[steps, samples, neurons]``
        Currents of what the cell hears of others.
    own : int
        Where among the cell's inputs the current of its own spikes is.
    recurrent : Tensor ``[neurons, neurons]``
    spike : Tensor ``[samples, neurons]``, optional
        Spikes of the step before the first; none unless given.

    Returns
    -------
    Spikes and membranes, each ``[steps, samples, neurons]``, and the states after the last step.
    """
    each, starts = scan.expanded(constants, states, inputs[0].shape[1:])
    made = _Recurrence.apply(
        scan, (len(each), len(starts), own), recurrent, spike, *each, *starts, *inputs
    )
    assert isinstance(made, tuple)
    spikes, membranes, *after = made
    return spikes, membranes, dict(zip(scan.names, after, strict=True))


class _Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, scan: CompiledScan, counts: tuple[int, int, int], recurrent: Tensor,
        first: Tensor | None, *given: Tensor,
    ) -> tuple[Tensor, ...]:
        constants, starts, inputs = _parted([one.contiguous() for one in given], counts)
        heard, spikes = (empty_like(inputs[0]) for _ in range(2))
        states = [empty_like(heard) for _ in starts]
        inputs.insert(counts[2], heard)
        spike, before = torch.zeros_like(heard[0]) if first is None else first, starts
        for t in range(len(heard)):
            heard[t] = _aligned(spike) @ recurrent
            after, spike = [one[t] for one in states], spikes[t]
            scan.run(
                scan.forward, (constants, [one[t] for one in inputs], before, after, spike),
                1, spike.numel(),
            )
            before = after
        ctx.scan, ctx.counts = scan, counts
        ctx.save_for_backward(recurrent, first, spikes, *constants, *starts, *inputs, *states)
        ctx.set_materialize_grads(False)
        after = [one[-1].clone() for one in states]
        return spikes, states[scan.names.index("v")], *after

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, of_spikes: Tensor | None, of_membranes: Tensor | None, *of_ends: Tensor | None
    ) -> tuple[Tensor | tuple | None, ...]:
        scan, (_, states_count, own) = ctx.scan, ctx.counts
        recurrent, first, spikes, *given = ctx.saved_tensors
        states, given = given[-states_count:], given[:-states_count]
        constants, starts, inputs = _parted(given, ctx.counts)
        of_inputs = [empty_like(one) for n, one in enumerate(inputs) if n != own]
        of_heard = empty_like(spikes[0])  # of one step, which goes to the spikes before it
        of_recurrent = torch.zeros_like(recurrent)
        of_constants = scan.empty_gradients(spikes[0])
        totals = [None if one is None else torch.zeros_like(one) for one in of_constants]
        membrane = scan.names.index("v")
        of_after = [None if one is None else one.contiguous() for one in of_ends]
        if of_membranes is not None:
            of_after[membrane] = _added(of_membranes[-1].contiguous(), of_after[membrane])
        of_spike = None if of_spikes is None else of_spikes[-1].contiguous()
        for t in reversed(range(len(spikes))):
            of_before = [empty_like(spikes[0]) for _ in range(states_count)]
            earlier = None if of_membranes is None or t == 0 else of_membranes[t - 1].contiguous()
            scan.run(
                scan.backward,
                (constants, [one[t] for one in inputs],
                 [one[t - 1] for one in states] if t else starts, [one[t] for one in states],
                 of_spike, None, of_after, earlier,
                 _inserted([one[t] for one in of_inputs], own, of_heard), of_before,
                 of_constants),
                1, spikes[0].numel(),
            )
            of_after = list(of_before)
            for total, one in zip(totals, of_constants, strict=True):
                if total is not None:
                    total += one
            before = spikes[t - 1] if t else first
            if before is None:
                of_spike = None
                continue
            of_recurrent += _aligned(before).t() @ of_heard
            of_spike = _added(
                of_heard @ recurrent.t(), of_spikes[t - 1] if t and of_spikes is not None else None
            )
        return (
            None, None, of_recurrent, of_spike, *scan.summed(totals), *of_after, *of_inputs
        )


def _inserted(tensors: list[Tensor], at: int, one: Tensor) -> list[Tensor]:
    return [*tensors[:at], one, *tensors[at:]]


def _added(one: Tensor, other: Tensor | None) -> Tensor:
    return one if other is None else one + other


def _aligned(matrix: Tensor) -> Tensor:
    """Return a matrix that lies as a new one does: how products round may depend on that."""
    return matrix if matrix.data_ptr() % _LINE == 0 else matrix.clone()


def _parted(
    tensors: list[Tensor], counts: tuple[int, int, int]
) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
    """Return constants, starts and inputs."""
    first, second = counts[0], counts[0] + counts[1]
    return tensors[:first], tensors[first:second], tensors[second:]
