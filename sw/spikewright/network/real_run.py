"""A network in real numbers, run in float64 by numpy alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from spikewright.errors import DataError
from spikewright_hw.definition.expression import Operations, evaluate
from spikewright_hw.readout import SPIKING

from .outputs import outputs
from .real_network import RealLayer, RealNetwork

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


def run_real(network: RealNetwork, spikes: np.ndarray) -> RealRun:
    """Run a batch of samples in float64.

    A layer's spikes reach the next layer in the same step, and the layer itself in the step after.

    Parameters
    ----------
    network : RealNetwork
    spikes : array ``[samples, steps, inputs]`` of 0 and 1

    Raises
    ------
    DataError
        The spikes do not fit the network.
    """
    spikes = np.asarray(spikes)
    if spikes.ndim != 3 or spikes.shape[1:] != (network.steps, network.inputs):
        raise DataError(
            f"the input spikes are of shape {' × '.join(map(str, spikes.shape))}; this network "
            f"needs samples × {network.steps} steps × {network.inputs} inputs"
        )
    if spikes.dtype != bool and not np.isin(spikes, (0, 1)).all():
        raise DataError("the input spikes hold values other than 0 and 1; encode the samples first")
    arriving = spikes.astype(np.float64)
    runs = []
    for layer in network.layers:
        runs.append(run_layer(layer, arriving))
        arriving = runs[-1][0].astype(np.float64)
    fired, states, currents = zip(*runs, strict=True)
    last = fired[-1] if network.readout in SPIKING else states[-1]["v"]
    return RealRun(
        spikes=fired, states=states, currents=currents,
        predictions=outputs(network.readout, last.swapaxes(0, 1)).argmax(axis=1),
    )


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
        name: np.array(value) if isinstance(value, tuple) else value
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
    for t in range(steps):
        for name in own:
            if t:
                currents[name][:, t] = spikes[:, t - 1] @ layer.recurrent
        inputs = {name: current[:, t] for name, current in currents.items()}
        now = evaluate(definition.update, {**values, **now, **inputs}, _RealArrays())
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
    total = arriving @ signed(layer.weights)
    return total if layer.bias is None else total + signed(layer.bias)


class _RealArrays(Operations):
    """The operations of equations on arrays of float64."""

    exp = staticmethod(np.exp)
    expm1 = staticmethod(np.expm1)
    log = staticmethod(np.log)
    sqrt = staticmethod(np.sqrt)
    tanh = staticmethod(np.tanh)
    both = staticmethod(np.logical_and)
    either = staticmethod(np.logical_or)

    @staticmethod
    def where(condition: np.ndarray, yes: np.ndarray, no: np.ndarray) -> np.ndarray:
        """Choose by each condition."""
        return np.where(condition, yes, no)

    @staticmethod
    def invert(condition: np.ndarray) -> np.ndarray:
        """Negate each condition."""
        return np.logical_not(condition)

    @staticmethod
    def sigmoid(x: np.ndarray) -> np.ndarray:
        """Return 1 / (1 + exp(-x)), which overflows nowhere."""
        return 0.5 * (1 + np.tanh(x / 2))

    @staticmethod
    def exprel(x: np.ndarray) -> np.ndarray:
        """Return (exp(x) - 1) / x, which is 1 at zero."""
        return np.where(x == 0, 1.0, np.expm1(x) / np.where(x == 0, 1.0, x))

    @staticmethod
    def reciprocal(x: np.ndarray) -> np.ndarray:
        """Return 1 / x."""
        return 1 / x
