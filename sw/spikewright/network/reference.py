"""The integer reference of a whole network on arrays: fast enough for whole test sets.

:func:`run` is equal, by property test, to :func:`spikewright_hw.engine.reference.run`, which does
the same on Python integers. Neither writes a neuron's update: both run the graph of its definition.

A layer's spikes reach the next layer in the same step. Everything is a stored integer of the
layer's membrane format.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spikewright.errors import DataError
from spikewright_hw.definition.expression import Operations, evaluate
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Network
from spikewright_hw.neuron import DEFINITIONS

__all__ = ["LayerRun", "Run", "run"]


@dataclass(frozen=True)
class LayerRun:
    """What one layer did.

    Parameters
    ----------
    spikes : bool array ``[samples, steps, neurons]``
        All false for a readout.
    membranes : int64 array ``[samples, steps, neurons]``
        The state ``v`` after each step, stored integers.
    """

    spikes: np.ndarray
    membranes: np.ndarray


@dataclass(frozen=True)
class Run:
    """What a network did with a batch of samples; counts are as an engine counts them.

    Parameters
    ----------
    layers : tuple of LayerRun
        Every layer, the readout last.
    predictions : int64 array ``[samples]``
        The readout neuron with the highest membrane after the last step; of equal ones, the first.
    input_events : int64 array ``[samples]``
        Spikes in the input.
    synops : int64 array ``[samples]``
        Synaptic operations: for each spike arriving at a layer, the layer's neurons.
    layer_spikes : int64 array ``[samples, layers]``
        Spikes of each layer; 0 for the readout.
    """

    layers: tuple[LayerRun, ...]
    predictions: np.ndarray
    input_events: np.ndarray
    synops: np.ndarray
    layer_spikes: np.ndarray

    @property
    def spikes(self) -> tuple[np.ndarray, ...]:
        """Spikes of every layer, each bool ``[samples, steps, neurons]``."""
        return tuple(layer.spikes for layer in self.layers)

    @property
    def membranes(self) -> np.ndarray:
        """Membranes of the readout after each step, int64 ``[samples, steps, outputs]``."""
        return self.layers[-1].membranes

    def accuracy(self, labels: np.ndarray) -> float:
        """Share of samples whose prediction is their label, 0 to 1."""
        return float(np.mean(self.predictions == labels))


class _Arrays(Operations):
    """int64 arrays: numpy's ``>>`` rounds toward minus infinity, as Python's does."""

    @staticmethod
    def where(condition: np.ndarray, yes: np.ndarray, no: np.ndarray) -> np.ndarray:
        return np.where(condition, yes, no)


def run(network: Network, spikes: np.ndarray) -> Run:
    """Run a batch of samples.

    Parameters
    ----------
    network : Network
    spikes : array ``[samples, steps, inputs]`` of 0 and 1
        Input spikes of each step.

    Raises
    ------
    DataError
        The spikes do not fit the network.
    """
    spikes = np.asarray(spikes)
    check_spikes(network, spikes)
    arriving = spikes.astype(bool)
    input_events = arriving.sum(axis=(1, 2), dtype=np.int64)
    synops = np.zeros(len(arriving), np.int64)
    layers = []
    for layer in network.layers:
        synops += arriving.sum(axis=(1, 2), dtype=np.int64) * layer.neurons
        layers.append(_run_layer(layer, arriving))
        arriving = layers[-1].spikes
    return Run(
        layers=tuple(layers),
        predictions=layers[-1].membranes[:, -1].argmax(axis=1),
        input_events=input_events,
        synops=synops,
        layer_spikes=np.stack([layer.spikes.sum(axis=(1, 2)) for layer in layers], axis=1),
    )


def _run_layer(layer: Layer, arriving: np.ndarray) -> LayerRun:
    samples, steps, _ = arriving.shape
    # In double precision for the sake of speed: sums stay far below 2**53, so they are exact.
    current = arriving.astype(np.float64) @ np.array(layer.weights, np.float64)
    current = current.astype(np.int64) << layer.membrane.fraction
    states = {
        name: np.zeros((samples, layer.neurons), np.int64)
        for name in DEFINITIONS[layer.neuron].states
    }
    spikes = np.zeros((samples, steps, layer.neurons), bool)
    membranes = np.zeros((samples, steps, layer.neurons), np.int64)
    for t in range(steps):
        states, spike = _step(layer, states, current[:, t])
        membranes[:, t] = states["v"]
        if spike is not None:
            spikes[:, t] = spike
    return LayerRun(spikes, membranes)


def _step(
    layer: Layer, states: Mapping[str, np.ndarray], i: np.ndarray
) -> tuple[dict[str, np.ndarray], np.ndarray | None]:
    definition = DEFINITIONS[layer.neuron]
    after = evaluate(definition.update, {**states, **layer.parameters, "i": i}, _Arrays())
    spike = after.pop("spike", None)
    form: Format = layer.membrane
    return {name: np.clip(value, form.min, form.max) for name, value in after.items()}, spike


def check_spikes(network: Network, spikes: np.ndarray) -> None:
    """Raise :exc:`DataError` unless these are input spikes of the network."""
    if spikes.ndim != 3 or spikes.shape[1:] != (network.steps, network.inputs):
        shape = " × ".join(map(str, spikes.shape)) or "a single number"
        raise DataError(
            f"the input spikes are of shape {shape}; this network needs samples × "
            f"{network.steps} steps × {network.inputs} inputs"
        )
    if spikes.dtype != bool and not np.isin(spikes, (0, 1)).all():
        raise DataError("the input spikes hold values other than 0 and 1; encode the samples first")
