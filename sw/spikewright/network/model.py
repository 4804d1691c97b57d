"""A feed-forward spiking network in PyTorch.

Each layer is a matrix product over all steps at once, then a scan over the neurons alone. The same
:func:`activity` runs the network in real numbers, with quantisation in the loop, and as the
integers of a finished :class:`~spikewright_hw.network.Network`.

In real numbers every threshold is 1.0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Network
from spikewright_hw.neuron import DEFINITIONS

from .cell import Cell
from .quantize import best_scale, quantize, threshold

__all__ = ["MEMBRANE", "Activity", "Grid", "Model", "ModelConfig", "activity", "network_activity"]

#: Default format of the membranes. Eight integer bits hold all but a few strongly inhibited ones.
MEMBRANE = Format(8, 4)


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The shape of a network and its number formats.

    Parameters
    ----------
    sizes : tuple of int
        Inputs, hidden layers, outputs.
    leak, readout_leak : int
        Shifts: a membrane loses v / 2**leak each step.
    weight_bits : int
        2 to 8.
    membrane : Format
        Of every layer, in weight steps.
    surrogate_width : float
        Distance from the threshold, relative to it, over which the surrogate gradient falls to
        about a third.
    """

    sizes: tuple[int, ...] = (64, 128, 10)
    leak: int = 5
    readout_leak: int = 5
    weight_bits: int = 4
    membrane: Format = MEMBRANE
    surrogate_width: float = 0.33

    def __post_init__(self):
        if len(self.sizes) < 2 or min(self.sizes) < 1:
            raise ValueError(f"sizes is {self.sizes}; it needs inputs and outputs, each at least 1")


@dataclass(frozen=True)
class Activity:
    """What the layers did, each ``[steps, samples, neurons]``.

    Parameters
    ----------
    spikes : tuple of Tensor
        0 and 1; all 0 for a readout.
    membranes : tuple of Tensor
        The state ``v`` after each step.
    """

    spikes: tuple[Tensor, ...]
    membranes: tuple[Tensor, ...]

    @property
    def readout(self) -> Tensor:
        """Membranes of the last layer after the last step, ``[samples, outputs]``."""
        return self.membranes[-1][-1]

    @property
    def predictions(self) -> Tensor:
        """Output with the highest membrane after the last step; of equal ones, the first."""
        return self.readout.argmax(dim=1)


def activity(spikes: Tensor, weights: Sequence[Tensor], cells: Sequence[Cell]) -> Activity:
    """Run a network.

    Parameters
    ----------
    spikes : float32 tensor ``[samples, steps, inputs]``
        0 and 1.
    weights : sequence of Tensor ``[inputs, neurons]``
    cells : sequence of Cell
    """
    arriving = spikes.transpose(0, 1)
    all_spikes, all_membranes = [], []
    for matrix, cell in zip(weights, cells, strict=True):
        steps, membranes = [], []
        one = 1 if cell.format is None else cell.format.one
        currents = (arriving @ (matrix * one)).unbind(0)
        states = cell.start(currents[0])
        for current in currents:
            states, spike = cell.step(states, current)
            steps.append(spike)
            membranes.append(states["v"])
        arriving = torch.stack(steps)
        all_spikes.append(arriving)
        all_membranes.append(torch.stack(membranes))
    return Activity(tuple(all_spikes), tuple(all_membranes))


def network_activity(network: Network, spikes: Tensor) -> Activity:
    """Run a finished network in PyTorch; membranes are stored integers."""
    weights = [torch.tensor(layer.weights, dtype=torch.float32) for layer in network.layers]
    cells = [
        Cell(DEFINITIONS[layer.neuron], layer.parameters, format=layer.membrane)
        for layer in network.layers
    ]
    return activity(spikes, weights, cells)


@dataclass(frozen=True)
class Grid:
    """The integer grid of each layer: what quantisation fixes once, before it trains on.

    Parameters
    ----------
    thresholds : tuple of int
        Membrane units of the real 1.0, one for each layer.
    """

    thresholds: tuple[int, ...]


class Model(nn.Module):
    """A network of LIF layers with an LI readout, trained in real numbers or on the grid.

    Parameters
    ----------
    config : ModelConfig
    generator : torch.Generator
        Draws the first weights.
    """

    def __init__(self, config: ModelConfig, *, generator: torch.Generator):
        super().__init__()
        self.config = config
        self.weights = nn.ParameterList(
            2 * torch.randn(inputs, neurons, generator=generator) / inputs**0.5
            for inputs, neurons in pairwise(config.sizes)
        )
        self.grid: Grid | None = None

    def quantize(self) -> None:
        """Fix each layer's scale by its weights; from here on the model computes on the grid."""
        config = self.config
        scales = [best_scale(weights, bits=config.weight_bits) for weights in self.weights]
        self.grid = Grid(tuple(threshold(scale, config.membrane) for scale in scales))

    def forward(self, spikes: Tensor) -> tuple[Tensor, Activity]:
        """Give the logits ``[samples, outputs]``, in thresholds, and the layers' activity."""
        if self.grid is None:
            result = activity(spikes, list(self.weights), self._cells())
            return result.readout, result
        result = activity(spikes, self.integer_weights(), self._cells())
        return result.readout / self.grid.thresholds[-1], result

    def integer_weights(self) -> list[Tensor]:
        """Give the weights on the grid, whole numbers in float32 tensors, with gradients."""
        if self.grid is None:
            raise ValueError("the model has real weights; quantize() it first")
        one = self.config.membrane.one
        return [
            quantize(weights, scale=one / level, bits=self.config.weight_bits)
            for weights, level in zip(self.weights, self.grid.thresholds, strict=True)
        ]

    def network(self, *, steps: int) -> Network:
        """Give the finished network in plain integers."""
        with torch.no_grad():
            matrices = [matrix.int().tolist() for matrix in self.integer_weights()]
        layers = tuple(
            Layer(
                weights=tuple(tuple(row) for row in matrix),
                weight_bits=self.config.weight_bits,
                neuron=cell.definition.name,
                parameters={name: int(value) for name, value in cell.parameters.items()},
                membrane=self.config.membrane,
            )
            for matrix, cell in zip(matrices, self._cells(), strict=True)
        )
        return Network(layers=layers, steps=steps)

    def _cells(self) -> list[Cell]:
        config, count = self.config, len(self.weights)
        form = None if self.grid is None else config.membrane
        levels = [1.0] * count if self.grid is None else self.grid.thresholds
        hidden = [
            Cell(
                DEFINITIONS["lif"],
                {"leak": config.leak, "threshold": level},
                format=form,
                width=config.surrogate_width * level,
            )
            for level in levels[:-1]
        ]
        return [*hidden, Cell(DEFINITIONS["li"], {"leak": config.readout_leak}, format=form)]
