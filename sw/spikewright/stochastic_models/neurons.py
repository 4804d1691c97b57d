"""Neurons driven by counts of bits, in software, on arrays with time as the last axis.

Each function is equal, value for value, to the core of ``spikewright_hw.stochastic.neuron`` that
its first line names, from reset, and works on all leading axes at once. Both run the integer
program that :class:`~spikewright_hw.definition.fixed_point.FixedNeuron` makes of a definition; the
``fixed`` of such a core is what they take.
"""

import numpy as np
from numpy.typing import NDArray

from spikewright.errors import DataError
from spikewright.network import arrays
from spikewright_hw.definition.fixed_point import FixedNeuron
from spikewright_hw.definition.interval import Interval
from spikewright_hw.fixed import scaled

__all__ = ["currents", "integrate_and_fire", "windowed_neuron"]

Counts = NDArray[np.int64]

#: What an int64 holds of any sign.
_BITS = 63


def integrate_and_fire(fixed: FixedNeuron, counts: Counts) -> NDArray[np.bool_]:
    """Step neurons with each count and return their spikes (``integrate_and_fire``).

    Parameters
    ----------
    fixed : FixedNeuron
        The neuron. Where its parameters differ from lane to lane, the lanes are the axis of
        ``counts`` before the last.
    counts : int64 array ``[..., length]``
    """
    return _steps(fixed, np.asarray(counts, np.int64) << fixed.format.fraction)["spike"]


def windowed_neuron(
    fixed: FixedNeuron, counts: Counts, *, length: int, shift: int
) -> dict[str, np.ndarray]:
    """Step neurons once for each window of counts (``windowed_neuron``).

    Parameters
    ----------
    fixed : FixedNeuron
        The neuron.
    counts : int64 array ``[..., windows * length]``
        Counts after the last whole window are left out.
    length : int
        Counts in a window.
    shift : int
        Power of two that the sum of a window is scaled by, to a stored integer.

    Returns
    -------
    dict of str to array ``[..., windows]``
        The states after each step, int64, and ``spike``, bool, where the neuron spikes.
    """
    return _steps(fixed, currents(fixed, counts, length=length, shift=shift))


def currents(fixed: FixedNeuron, counts: Counts, *, length: int, shift: int) -> Counts:
    """Return the current of each window: its sum times ``2**shift``, half up, and saturated."""
    counts = np.asarray(counts, np.int64)
    windows = counts.shape[-1] // length
    whole = counts[..., : windows * length].reshape(*counts.shape[:-1], windows, length)
    sums = whole.sum(axis=-1)
    return np.clip(scaled(sums, shift), fixed.format.min, fixed.format.max)


def _steps(fixed: FixedNeuron, current: Counts) -> dict[str, np.ndarray]:
    """Step neurons along the last axis; return the states after each step, and the spikes."""
    (name,) = fixed.definition.inputs
    width = fixed.widest({name: Interval.of(*_ends(current))})
    if width > _BITS:
        raise DataError(
            f"{fixed.definition.name} with a {fixed.format} membrane computes with integers of "
            f"{width} bits; arrays have {_BITS}, so choose a narrower membrane"
        )
    shape = current.shape[:-1]
    lanes = range(shape[-1]) if shape else [0]
    constants = arrays.constants(fixed)
    starts = {
        word: np.array([fixed.start(word, neuron=lane) for lane in lanes]) for word in fixed.formats
    }
    states = starts if shape else {word: values[0] for word, values in starts.items()}
    after: dict[str, list[np.ndarray]] = {}
    for t in range(current.shape[-1]):
        inputs = {name: current[..., t]}
        states, spiked = arrays.step(fixed, states, inputs, constants=constants)
        spike = {"spike": spiked} if fixed.definition.spikes else {}
        for word, value in {**states, **spike}.items():
            after.setdefault(word, []).append(np.broadcast_to(value, shape))
    return {word: np.stack(values, axis=-1) for word, values in after.items()}


def _ends(values: Counts) -> tuple[int, int]:
    return int(values.min(initial=0)), int(values.max(initial=0))
