"""What a layer hears, in PyTorch: as :mod:`.hearing` has it of arrays, and held to it by tests."""

from collections.abc import Sequence
from itertools import cycle

import torch
from torch import Tensor

from spikewright_hw.origin import Origin, Part

__all__ = ["heard_of_itself", "heard_of_others"]


def heard_of_others(index: int, parts: Sequence[Part], before: Sequence[Tensor]) -> Tensor:
    """Return what a layer hears of others, ``[steps, samples, inputs]``; 0 where it hears itself.

    ``before`` are the inputs of the network, and then what each layer before this one did;
    ``index`` is the layer's number. Without parts it hears the layer before.
    """
    if not parts:
        return before[index]
    return torch.cat([
        _delayed(before[index + 1 - origin.back], origin) if origin.back
        else before[0].new_zeros(*before[0].shape[:2], len(part.source))
        for part, origin in parts
    ], dim=-1)


def heard_of_itself(parts: Sequence[Part], did: Sequence[Tensor], heard: Tensor) -> Tensor:
    """Return what a layer hears in a step, ``[samples, inputs]``, its own spikes among it.

    ``did`` are its spikes in the steps before, each ``[samples, neurons]``; ``heard`` is what it
    hears of others.
    """
    first, found = 0, []
    for part, origin in parts:
        of_part = heard[:, first : first + len(part.source)]
        first += len(part.source)
        if origin.back == 0:
            sources = zip(range(of_part.shape[1]), cycle(origin.each))
            of_part = torch.stack([
                did[-delay][:, source] if delay <= len(did) else of_part[:, source]
                for source, delay in sources
            ], dim=1)
        found.append(of_part)
    return torch.cat(found, dim=1)


def _delayed(spikes: Tensor, origin: Origin) -> Tensor:
    each = torch.tensor(origin.each, device=spikes.device).expand(spikes.shape[-1])
    from_step = torch.arange(len(spikes), device=spikes.device)[:, None] - each
    index = from_step.clamp(min=0)[:, None, :].expand(spikes.shape)
    return spikes.gather(0, index) * (from_step >= 0)[:, None, :]
