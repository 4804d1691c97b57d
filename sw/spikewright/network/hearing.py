"""What a layer of a network hears: spikes of the layers before, each as late as it arrives."""

from collections.abc import Sequence

import numpy as np

from spikewright_hw.origin import Hearing, Origin

__all__ = ["arriving_at", "delayed", "heard_of_itself", "heard_of_others"]


def delayed(spikes: np.ndarray, origin: Origin) -> np.ndarray:
    """Return spikes ``[..., steps, sources]`` as many steps later as an origin says."""
    if origin.delays == 0:
        return spikes
    later = np.zeros_like(spikes)
    steps = spikes.shape[-2]
    each = np.array(origin.each)
    for delay in np.unique(each):
        late = slice(None) if len(each) == 1 else each == delay
        if delay < steps:
            later[..., delay:, late] = spikes[..., : steps - delay, late]
    return later


def arriving_at(spikes: np.ndarray, origin: Origin, step: int) -> np.ndarray:
    """Return what arrives in a step of spikes ``[steps, ..., sources]``, as late as it does."""
    each = step - np.array(origin.each)
    if len(each) == 1:
        return spikes[each[0]] if each[0] >= 0 else np.zeros_like(spikes[0])
    found = np.moveaxis(spikes[each.clip(min=0), ..., np.arange(len(each))], 0, -1)
    return found & (each >= 0)


def heard_of_others(
    index: int, layer: Hearing, before: Sequence[np.ndarray], *, at_once: bool = False
) -> np.ndarray:
    """Return what a layer hears of others, ``[..., steps, inputs]``; zeros where it hears itself.

    ``before`` are the inputs of the network, and then what each layer before this one did, each
    ``[..., steps, neurons]``; ``index`` is the layer's number. With ``at_once``, as if there were
    no delays.
    """
    if layer.is_plain:
        return before[index]
    heard = [
        (before[index + 1 - origin.back] if at_once
         else delayed(before[index + 1 - origin.back], origin)) if origin.back
        else np.zeros((*before[0].shape[:-1], len(part.source)), bool)
        for part, origin in layer.parts
    ]
    return np.concatenate(heard, axis=-1)


def heard_of_itself(layer: Hearing) -> list[tuple[slice, Origin]]:
    """Return which inputs of a layer are its own spikes, and how late they return."""
    found, first = [], 0
    for part, origin in layer.parts:
        if origin.back == 0:
            found.append((slice(first, first + len(part.source)), origin))
        first += len(part.source)
    return found
