"""The integers of a counting network on arrays: what its quantised accuracy is taken from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spikewright_hw.definition.expression import evaluate
from spikewright_hw.definition.fixed_point import FixedNeuron

from .reference import Arrays

__all__ = ["CountingLayer", "count_spikes"]


@dataclass(frozen=True, eq=False)
class CountingLayer:
    """A layer in plain integers.

    Parameters
    ----------
    fixed : FixedNeuron
    weights : int64 array ``[inputs, neurons]``
    recurrent : int64 array ``[neurons, neurons]``, optional
    shift : int
        A sum of weights becomes a stored current when it is shifted to the left by this much, or,
        if negative, to the right and rounded half up.
    """

    fixed: FixedNeuron
    weights: np.ndarray
    recurrent: np.ndarray | None
    shift: int

    def current(self, source: str, arriving: np.ndarray, own: np.ndarray) -> np.ndarray:
        """Return the stored current of the synapses that an input sums."""
        if source == "recurrent":
            assert self.recurrent is not None
            total = own @ self.recurrent
        elif source == "excitatory":
            total = arriving @ np.maximum(self.weights, 0)
        elif source == "inhibitory":
            total = arriving @ np.maximum(-self.weights, 0)
        else:
            total = arriving @ self.weights
        if self.shift >= 0:
            return total << self.shift
        return (total + (1 << (-self.shift - 1))) >> -self.shift


def count_spikes(
    layers: Sequence[CountingLayer], values: np.ndarray, *, steps: int
) -> np.ndarray:
    """Show samples and count the last layer's spikes.

    Parameters
    ----------
    layers : sequence of CountingLayer
    values : array of whole numbers ``[samples, inputs]``
    steps : int

    Returns
    -------
    int64 array ``[samples, outputs]``
    """
    still = np.asarray(values).astype(np.int64)
    arriving = [still] * steps
    for layer in layers:
        arriving = _run(layer, arriving)
    return np.sum(arriving, axis=0)


def _run(layer: CountingLayer, arriving: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the spikes of each step, 0 and 1."""
    fixed, neurons = layer.fixed, layer.weights.shape[1]
    constants = {name: np.array(vector, np.int64) for name, vector in fixed.vectors.items()}
    states = {
        name: np.tile([fixed.start(name, neuron=n) for n in range(neurons)], (len(arriving[0]), 1))
        for name in fixed.formats
    }
    own = np.zeros((len(arriving[0]), neurons), np.int64)
    spikes = []
    for heard in arriving:
        currents = {
            name: layer.current(one.source, heard, own)
            for name, one in fixed.definition.inputs.items()
        }
        after = evaluate(fixed.update, {**states, **constants, **currents}, Arrays())
        own = np.asarray(after.pop("spike"), np.int64)
        states = {name: np.clip(value, *fixed.bounds[name]) for name, value in after.items()}
        spikes.append(own)
    return spikes
