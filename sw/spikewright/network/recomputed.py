"""A network run so that its gradients take little memory: gradient checkpointing over time.

Gradients need what every neuron did in every step. Here the steps are parted into segments, the
root of as many as there are steps: what is kept is where each layer stood before each segment, and
a segment is run again when its gradients are computed. So memory grows with the root of the steps
and the forward pass is made twice (T. Chen et al., arXiv:1604.06174, 2016).
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from .activity import Activity
from .torch_hearing import heard_of_others
from .wiring import Standing, Wired, resumed

__all__ = ["recomputed_activity"]


def recomputed_activity(
    spikes: Tensor, layers: Sequence[Wired], *, readout: str = "last", whole: bool = True
) -> Activity:
    """Run a network as :func:`.activity.activity` does, and keep less.

    Of the hidden layers, the activity has the rates alone.

    Parameters
    ----------
    spikes : Tensor ``[samples, steps, inputs]``
    layers : sequence of Wired
        Of networks that :func:`.recomputable.check_recomputed` lets pass.
    readout : str
    whole : bool
        Whether the activity has what the last layer did in each step.
    """
    arriving = spikes.transpose(0, 1)
    length = max(1, round(math.sqrt(len(arriving))))
    counts: list[Tensor] = []
    last: list[tuple[Tensor, ...]] = []
    made = _Made()
    for segment in arriving.split(length):
        # Copies, since a view of a segment's last step would keep the whole segment.
        given = [one.clone() for one in (*made.read, *_tensors(made.standing))]
        found: Any = checkpoint(
            _segment, layers, readout, whole, segment, len(made.read), *given, use_reentrant=False
        )
        made = found
        last.append(made.last)
        counts = [*made.counts] if not counts else [
            one + other for one, other in zip(counts, made.counts, strict=True)
        ]
    rates = tuple(one / len(arriving) for one in counts)
    did, membranes = ((torch.cat(each),) for each in zip(*last, strict=True)) if whole else ((), ())
    return Activity(did, membranes, readout, rates, made.read[0])


class _Made(NamedTuple):
    """What a segment comes to.

    Parameters
    ----------
    last : tuple of Tensor
        Spikes and membranes of the last layer, if they are asked for.
    counts : tuple of Tensor
        Of the spikes of each hidden layer.
    read : tuple of Tensor
        The outputs so far, and what else is needed to go on with them.
    standing : tuple of Standing
        Where each layer stands.
    """

    last: tuple[Tensor, ...] = ()
    counts: tuple[Tensor, ...] = ()
    read: tuple[Tensor, ...] = ()
    standing: tuple[Standing, ...] = ()


def _segment(
    layers: Sequence[Wired], readout: str, whole: bool, arriving: Tensor, reads: int,
    *given: Tensor,
) -> _Made:
    """Run some steps of all layers, from where they stand; ``reads`` of what is given was read."""
    before = _standing(layers, given[reads:]) if given else [None] * len(layers)
    did, after, membranes = [arriving], [], arriving
    for index, layer in enumerate(layers):
        heard = heard_of_others(index, layer.parts, did)
        spikes, membranes, now = resumed(layer, heard, before[index])
        did.append(spikes)
        after.append(now)
    return _Made(
        (did[-1], membranes) if whole else (),
        tuple(one.sum(dim=0) for one in did[1:-1]),
        _read(readout, did[-1], membranes, given[:reads]),
        tuple(after),
    )


def _read(
    readout: str, spikes: Tensor, membranes: Tensor, before: Sequence[Tensor]
) -> tuple[Tensor, ...]:
    """Return the outputs, and what else is needed to go on, from the same before the segment."""
    match readout:
        case "last":
            return (membranes[-1],)
        case "maximum":
            most = membranes.amax(dim=0)
            return (torch.maximum(before[0], most) if before else most,)
        case "count":
            count = spikes.sum(dim=0)
            return (before[0] + count if before else count,)
        case _:
            silent = (1 - spikes).cumprod(dim=0)
            if before:
                silent = before[1] * silent
            early = (1 - silent).sum(dim=0)
            return (before[0] + early if before else early, silent[-1])


def _tensors(standing: Sequence[Standing]) -> list[Tensor]:
    return [tensor for one in standing for tensor in (*one.states.values(), one.spike)]


def _standing(layers: Sequence[Wired], tensors: Sequence[Tensor]) -> list[Standing]:
    """Return the inverse of :func:`_tensors`."""
    found, rest = [], iter(tensors)
    for layer in layers:
        states = {name: next(rest) for name in layer.cell.definition.states}
        found.append(Standing(states, next(rest)))
    return found
