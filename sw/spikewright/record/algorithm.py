"""The metrics of NeuroBench's algorithm track, of a network and of what a board reported of it.

They are those of the harness 2.3.0 at batch size 1, without its defects: nothing depends on how
samples are batched, nothing that fails becomes a zero, nothing is rounded. All are per sample, the
sum over its steps. ``docs/neurobench.md`` has the definitions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spikewright_hw.layer import Layer
from spikewright_hw.network import Network

from ..network.hearing import delayed, heard_of_itself, heard_of_others
from ..network.product import connected

__all__ = [
    "AlgorithmMetrics", "Footprint", "effective_operations", "footprint", "heard_by", "measure",
]


@dataclass(frozen=True, kw_only=True)
class Footprint:
    """Bits that a network needs: its weights, its biases, and the states of its neurons.

    They have the widths that the gateware has. What is the same for all neurons of a layer stands
    in logic, and is not counted.
    """

    weights: int
    biases: int
    states: int

    @property
    def bits(self) -> int:
        """All together."""
        return self.weights + self.biases + self.states

    @property
    def bytes(self) -> int:
        """All together, in whole bytes."""
        return -(-self.bits // 8)


@dataclass(frozen=True, kw_only=True)
class AlgorithmMetrics:
    """Metrics of the algorithm track, of a number of samples.

    Parameters
    ----------
    footprint : Footprint
    connection_sparsity : float
        Share of the weights that are zero.
    activation_sparsity : float, optional
        Share of the neurons' outputs, over layers that spike, steps and samples, that are no spike;
        None where no layer spikes.
    sparsity_per_layer : tuple of float
        The same of each layer that spikes.
    dense_operations : float
        Synaptic operations of a sample if every input were set: borders of maps have fewer.
    effective_acs, effective_macs : float
        Operations of a sample whose input and weight are not zero. They are accumulations where
        all inputs of a layer are -1, 0 or 1 in that step; or else multiplications as well.
    counted_operations : float
        What an engine counts of them: it adds weights that are zero, too; of graded inputs, each
        bit that is set.
    membrane_updates : float, optional
        Membranes that a sample changes: all in the first step, later those that differ after it;
        None where the membranes of hidden layers are not known.
    """

    footprint: Footprint
    connection_sparsity: float
    activation_sparsity: float | None
    sparsity_per_layer: tuple[float, ...]
    dense_operations: float
    effective_acs: float
    effective_macs: float
    counted_operations: float
    membrane_updates: float | None


def measure(
    network: Network,
    inputs: np.ndarray,
    spikes: Sequence[np.ndarray],
    *,
    membranes: Sequence[np.ndarray] | None = None,
) -> AlgorithmMetrics:
    """Measure a network by what went into it and what its layers did.

    Parameters
    ----------
    network : Network
    inputs : array ``[samples, steps, inputs]``
        Spikes; or graded inputs, whole numbers.
    spikes : sequence of bool array ``[samples, steps, neurons]``
        Of each layer that spikes, as a board reports them.
    membranes : sequence of int array ``[samples, steps, neurons]``, optional
        Of each layer, after each step.

    Raises
    ------
    ValueError
        There are no samples.
    """
    samples = len(inputs)
    if not samples:
        raise ValueError("inputs has no samples; there is nothing to measure")
    totals = np.zeros(3)
    for index, layer in enumerate(network.layers):
        heard = heard_by(network, index, inputs, spikes)
        totals += *effective_operations(layer, heard), _counted(layer, heard)
    spiking = [1 - float(layer.mean()) for layer in spikes]
    sizes = [layer[0].size for layer in spikes]
    weights = [_weights(layer) for layer in network.layers]
    return AlgorithmMetrics(
        footprint=footprint(network),
        connection_sparsity=1 - sum(map(np.count_nonzero, weights)) / sum(w.size for w in weights),
        activation_sparsity=float(np.average(spiking, weights=sizes)) if spiking else None,
        sparsity_per_layer=tuple(spiking),
        dense_operations=float(network.steps * sum(
            layer.operations(event) for layer in network.layers for event in range(layer.events)
        )),
        effective_acs=totals[0] / samples,
        effective_macs=totals[1] / samples,
        counted_operations=totals[2] / samples,
        membrane_updates=None if membranes is None else sum(
            _updates(layer) for layer in membranes
        ) / samples,
    )


def footprint(network: Network) -> Footprint:
    """Return the bits that a network needs."""
    return Footprint(
        weights=sum(_weights(layer).size * layer.weight_bits for layer in network.layers),
        biases=sum(len(layer.bias or ()) * layer.membrane.width for layer in network.layers),
        states=sum(
            layer.neurons * sum(form.width for form in layer.fixed.formats.values())
            for layer in network.layers
        ),
    )


def heard_by(
    network: Network, index: int, inputs: np.ndarray, spikes: Sequence[np.ndarray]
) -> np.ndarray:
    """Return what a layer hears in each step, ``[samples, steps, events]``, its own spikes too."""
    layer, did = network.layers[index], [np.asarray(inputs), *map(np.asarray, spikes)]
    heard = heard_of_others(index, layer, did)
    own = did[index + 1] if index + 1 < len(did) else None
    if own is None:  # a readout, which never spikes
        return heard
    if layer.recurrent is not None:
        returned = np.zeros_like(own)
        returned[:, 1:] = own[:, :-1]
        return np.concatenate([heard, returned], axis=2)
    for part, origin in heard_of_itself(layer):
        heard[..., part] = delayed(own, origin)
    return heard


def _weights(layer: Layer) -> np.ndarray:
    return np.array(layer.rows if layer.is_dense else layer.weights)


def effective_operations(layer: Layer, heard: np.ndarray) -> tuple[int, int]:
    """Return the accumulations, and the multiplications with them, of all samples and steps.

    Parameters
    ----------
    layer : Layer
    heard : array ``[samples, steps, events]``
        Any numbers. Where all of a sample in a step are -1, 0 or 1, nothing is multiplied.
    """
    there, present = heard != 0, (_weights(layer) != 0).astype(np.int64)
    graded = (there & (np.abs(heard.astype(float)) != 1)).any(axis=2)
    made = []
    for which in (~graded, graded):
        events = there[which].sum(axis=0, dtype=np.int64)
        if layer.is_dense:
            made.append(int(events @ present.sum(axis=1)))
        else:
            made.append(int(connected(layer.connection, events[None], present).sum()))
    return made[0], made[1]


def _counted(layer: Layer, heard: np.ndarray) -> int:
    """Return what an engine counts: each bit that is set, with weights that are zero."""
    fans = np.array([layer.operations(event) for event in range(layer.events)], np.int64)
    whole = heard.astype(np.int64)
    return sum(
        int((whole >> bit & 1).sum(axis=(0, 1)) @ fans) for bit in range(max(layer.part_bits))
    )


def _updates(membranes: np.ndarray) -> int:
    changed = int(np.count_nonzero(np.diff(membranes, axis=1)))
    return changed + membranes[:, 0].size
