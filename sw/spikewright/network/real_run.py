"""A network in real numbers, run in float64 by numpy alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spikewright.coding.samples import as_array, shape_words
from spikewright.errors import DataError
from spikewright.real_arrays import RealArrays
from spikewright_hw.checks import instance
from spikewright_hw.definition.graph import evaluate
from spikewright_hw.readout import SPIKING

from .hearing import arriving_at, heard_of_itself, heard_of_others
from .outputs import outputs
from .product import connected
from .real_layer import RealLayer
from .real_network import RealNetwork

__all__ = ["RealRun", "run_layer", "run_real"]


@dataclass(frozen=True)
class RealRun:
    """What a network did with a batch of samples.

    Parameters
    ----------
    spikes : tuple of bool arrays ``[samples, steps, neurons]``
        Of each layer; all false for one that never spikes.
    states : tuple of mappings of str to float64 array ``[samples, steps, neurons]``
        Of each layer, after each step.
    currents : tuple of mappings of str to float64 array ``[samples, steps, neurons]``
        What arrived at each input of each layer's neurons.
    predictions : int64 array ``[samples]``
        As the network's readout says.
    """

    spikes: tuple[np.ndarray, ...]
    states: tuple[Mapping[str, np.ndarray], ...]
    currents: tuple[Mapping[str, np.ndarray], ...]
    predictions: np.ndarray


def run_real(network: RealNetwork, inputs: np.ndarray) -> RealRun:
    """Run a batch of samples in float64.

    A layer's spikes reach the next layer in the same step, and the layer itself in the step after,
    unless its origins say otherwise.

    Parameters
    ----------
    network : RealNetwork
    inputs : array ``[samples, steps, inputs]``
        Spikes, 0 and 1, graded inputs, or the values that the network was trained on.

    Raises
    ------
    DataError
        The inputs are not of the network's shape, or not finite numbers.
    """
    instance(RealNetwork)("network", network)
    did, runs = [_checked(network, inputs)], []
    for index, layer in enumerate(network.layers):
        runs.append(run_layer(layer, heard_of_others(index, layer, did).astype(np.float64)))
        did.append(runs[-1][0].astype(np.float64))
    fired, states, currents = zip(*runs, strict=True)
    last = fired[-1] if network.readout in SPIKING else states[-1]["v"]
    return RealRun(
        spikes=fired, states=states, currents=currents,
        predictions=outputs(network.readout, last.swapaxes(0, 1)).argmax(axis=1),
    )


def _checked(network: RealNetwork, inputs: ArrayLike) -> np.ndarray:
    given = as_array(inputs)
    if given.ndim != 3 or given.shape[1:] != (network.steps, network.inputs):
        raise DataError(
            f"the inputs are of shape {shape_words(given)}; this network needs samples × "
            f"{network.steps} steps × {network.inputs} inputs"
        )
    if given.dtype.kind not in "biuf" or not np.isfinite(given).all():
        raise DataError("the inputs hold values that are no finite numbers")
    return given.astype(np.float64)


def run_layer(
    layer: RealLayer, arriving: np.ndarray
) -> tuple[np.ndarray, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Run one layer.

    Parameters
    ----------
    layer : RealLayer
    arriving : float64 array ``[samples, steps, inputs]``

    Returns
    -------
    Spikes, bool ``[samples, steps, neurons]``; states and currents by name, float64 arrays of the
    same shape.
    """
    definition = layer.definition
    samples, steps, _ = arriving.shape
    shape = samples, steps, layer.neurons
    values: dict[str, Any] = {
        name: layer.of_neurons(np.array(value)) if isinstance(value, tuple) else value
        for name, value in layer.parameters.items()
    }
    sources = {name: one.source for name, one in definition.inputs.items()}
    currents = {name: _forward(layer, source, arriving) for name, source in sources.items()}
    own = [name for name, source in sources.items() if source == "recurrent"]
    spikes = np.zeros(shape, bool)
    states = {name: np.zeros(shape) for name in definition.states}
    now = {
        name: np.broadcast_to(
            np.float64(values[state.start] if isinstance(state.start, str) else state.start),
            (samples, layer.neurons),
        )
        for name, state in definition.states.items()
    }
    returning = heard_of_itself(layer)
    for t in range(steps):
        for name in own:
            if t:
                currents[name][:, t] = spikes[:, t - 1] @ layer.recurrent
        for part, origin in returning:
            arriving[:, t, part] = arriving_at(spikes.swapaxes(0, 1), origin, t)
        for name, source in sources.items() if returning else ():
            if source != "recurrent":
                currents[name][:, t] = _forward(layer, source, arriving[:, t : t + 1])[:, 0]
        inputs = {name: current[:, t] for name, current in currents.items()}
        now = evaluate(definition.update, {**values, **now, **inputs}, RealArrays())
        spikes[:, t] = now.pop("spike", False)
        for name, value in now.items():
            states[name][:, t] = value
    return spikes, states, currents


def _forward(layer: RealLayer, source: str, arriving: np.ndarray) -> np.ndarray:
    """Return what reaches an input from the layer before, ``[samples, steps, neurons]``."""
    if source == "recurrent":
        return np.zeros((*arriving.shape[:2], layer.neurons))
    signed: Callable[[np.ndarray], np.ndarray] = {
        "all": lambda x: x,
        "excitatory": lambda x: x.clip(min=0),
        "inhibitory": lambda x: -x.clip(max=0),
    }[source]
    total = connected(layer.connection, arriving, signed(layer.weights))
    return total if layer.bias is None else total + signed(layer.of_neurons(layer.bias))
