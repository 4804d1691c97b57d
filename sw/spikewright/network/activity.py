"""A spiking network of layers, run in PyTorch: what its layers do.

The same :func:`activity` runs the network in real numbers, with quantisation in the loop, and as
the integers of a finished :class:`~spikewright_hw.network.Network`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from spikewright_hw.network import Layer, Network

from .cell import Cell
from .losses import first_spikes
from .torch_hearing import heard_of_others
from .wiring import Wired, scan

__all__ = ["Activity", "activity", "network_activity", "tiled"]


@dataclass(frozen=True)
class Activity:
    """What the layers did, each ``[steps, samples, neurons]``.

    Parameters
    ----------
    spikes : tuple of Tensor
        0 and 1; all 0 for a layer that does not spike.
    membranes : tuple of Tensor
        The state ``v`` after each step.
    readout : str
        What the outputs are, one of :data:`spikewright_hw.readout.READOUTS`.
    rates : tuple of Tensor ``[samples, neurons]``, optional
        Share of the steps in which each neuron of the hidden layers has spiked, where nothing else
        is kept of these: ``spikes`` and ``membranes`` are then those of the last layer alone.
    read : Tensor ``[samples, outputs]``, optional
        The outputs, where they were read on the way.
    """

    spikes: tuple[Tensor, ...]
    membranes: tuple[Tensor, ...]
    readout: str = "last"
    rates: tuple[Tensor, ...] | None = None
    read: Tensor | None = None

    @property
    def outputs(self) -> Tensor:
        """What the readout makes of the last layer, ``[samples, outputs]``."""
        if self.read is not None:
            return self.read
        membranes, spikes = self.membranes[-1], self.spikes[-1]
        match self.readout:
            case "last":
                return membranes[-1]
            case "maximum":
                return membranes.amax(dim=0)
            case "count":
                return spikes.sum(dim=0)
            case _:
                return first_spikes(spikes)

    @property
    def hidden(self) -> tuple[Tensor, ...]:
        """Spikes of the hidden layers; of each neuron the mean of all steps, if there are rates."""
        return self.spikes[:-1] if self.rates is None else tuple(one[None] for one in self.rates)

    @property
    def outputs_each_step(self) -> Tensor:
        """The last layer's membranes after each step, ``[samples, steps, outputs]``."""
        return self.membranes[-1].transpose(0, 1)

    @property
    def predictions(self) -> Tensor:
        """The highest output of each sample; of equal ones, the first."""
        return self.outputs.argmax(dim=1)


def activity(spikes: Tensor, layers: Sequence[Wired], *, readout: str = "last") -> Activity:
    """Run a network on spikes, a tensor ``[samples, steps, inputs]`` of 0 and 1."""
    did, all_membranes = [spikes.transpose(0, 1)], []
    for index, layer in enumerate(layers):
        spiked, membranes = scan(layer, heard_of_others(index, layer.parts, did))
        did.append(spiked)
        all_membranes.append(membranes)
    return Activity(tuple(did[1:]), tuple(all_membranes), readout)


def network_activity(network: Network, spikes: Tensor) -> Activity:
    """Run a finished network in PyTorch; membranes are stored integers."""
    return activity(spikes, [_wired(layer) for layer in network.layers], readout=network.readout)


def tiled(layer: Layer) -> Layer:
    """Return a layer of a map with its channels' parameters for each neuron, as cells have them."""
    return replace(layer, parameters={
        name: value * (layer.neurons // len(value)) if isinstance(value, tuple) else value
        for name, value in layer.parameters.items()
    }) if layer.kinds < layer.neurons else layer


def _wired(layer: Layer) -> Wired:
    def stored(rows) -> Tensor:
        return torch.tensor(rows, dtype=torch.float32) * (1 << layer.shift)

    layer = tiled(layer)
    reach = {name: layer.reach(name) for name in layer.fixed.definition.inputs}
    return Wired(
        cell=Cell(layer.fixed, inputs=reach),
        weights=stored(layer.weights),
        recurrent=None if layer.recurrent is None else stored(layer.recurrent),
        bias=None if layer.bias is None else torch.tensor(layer.bias, dtype=torch.float64),
        connection=None if layer.is_dense else layer.connection,
        parts=() if layer.is_plain else layer.parts,
    )
