"""A feed-forward spiking network in PyTorch.

The same :func:`activity` runs the network in real numbers, with quantisation in the loop, and as
the integers of a finished :class:`~spikewright_hw.network.Network`.

Quantisation gives each layer one scale, the size of a weight step, and takes it out of the way of
the run: where all of a neuron's levels may be counted in weight steps
(:func:`~.quantize.scalable`), they are, and the scale lies in its threshold; for any other neuron a
weight step is a power of two.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from spikewright_hw.checks import (
    Rule,
    instance,
    mapping,
    numbers,
    one_of,
    real,
    settle,
    whole,
    wholes,
)
from spikewright_hw.definition.definition import Value
from spikewright_hw.engine.streams import Streams
from spikewright_hw.fixed import Format
from spikewright_hw.layer import MEMBRANE_BITS, MOST_NEURONS, MOST_WEIGHTS
from spikewright_hw.network import Layer, Network
from spikewright_hw.neuron import DEFINITIONS

from .cell import Cell
from .drive import drive
from .quantize import best_scale, largest_level, quantize, scalable, threshold
from .surrogate import ArcTangent
from .trained_synapses import StreamedWeights, SummedWeights, TrainedSynapses
from .wiring import Wired, scan

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
    neuron, readout : str
        Definitions of the hidden neurons, and of the readout's, which do not spike.
    parameters, readout_parameters : mapping of str to float
        Their parameters in real numbers; those not given take their defaults.
    weight_bits : int
        2 to 8.
    membrane : Format
        Of every layer, in weight steps.
    surrogate_width : float
        Distance from the threshold, relative to that of the rest, over which the surrogate gradient
        falls to about a third.

    Raises
    ------
    ValueError
        A field is of another kind or out of its range; the message names it.
    """

    sizes: tuple[int, ...] = (64, 128, 10)
    neuron: str = "lif"
    parameters: Mapping[str, float] = field(
        default_factory=lambda: {"decay": 1 - 2**-5}, hash=False
    )
    readout: str = "li"
    readout_parameters: Mapping[str, float] = field(
        default_factory=lambda: {"decay": 1 - 2**-5}, hash=False
    )
    weight_bits: int = 4
    membrane: Format = MEMBRANE
    surrogate_width: float = 0.33

    def __post_init__(self):
        settle(
            self,
            sizes=wholes(1, MOST_NEURONS),
            neuron=_neuron(spikes=True),
            parameters=mapping,
            readout=_neuron(spikes=False),
            readout_parameters=mapping,
            weight_bits=whole(2, 8),
            membrane=instance(Format),
            surrogate_width=real(),
        )
        if len(self.sizes) < 2:
            raise ValueError(f"sizes is {self.sizes}; it needs inputs and outputs")
        if max(before * after for before, after in pairwise(self.sizes)) > MOST_WEIGHTS:
            raise ValueError(f"sizes is {self.sizes}; a layer has at most {MOST_WEIGHTS} weights")
        if self.surrogate_width <= 0:
            raise ValueError(f"surrogate_width is {self.surrogate_width}; it must be above 0")
        if self.membrane.width > MEMBRANE_BITS:
            raise ValueError(
                f"membrane is {self.membrane}, {self.membrane.width} bits; "
                f"a membrane has at most {MEMBRANE_BITS}"
            )
        for name, given in (("neuron", "parameters"), ("readout", "readout_parameters")):
            definition = DEFINITIONS[getattr(self, name)]
            values = {
                key: numbers(f"{given}.{key}", one) for key, one in getattr(self, given).items()
            }
            try:
                definition.values(values)
            except ValueError as error:
                raise ValueError(f"{given}: {error}") from error
            object.__setattr__(self, given, values)


def _neuron(*, spikes: bool) -> Rule:
    return one_of([name for name, one in DEFINITIONS.items() if one.spikes == spikes])


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
    """

    spikes: tuple[Tensor, ...]
    membranes: tuple[Tensor, ...]
    readout: str = "last"

    @property
    def outputs(self) -> Tensor:
        """What the readout makes of the last layer, ``[samples, outputs]``."""
        membranes, spikes = self.membranes[-1], self.spikes[-1]
        match self.readout:
            case "last":
                return membranes[-1]
            case "maximum":
                return membranes.amax(dim=0)
            case "count":
                return spikes.sum(dim=0)
            case _:
                left = torch.arange(len(spikes), 0, -1, dtype=spikes.dtype, device=spikes.device)
                return (spikes * left[:, None, None]).amax(dim=0)

    @property
    def predictions(self) -> Tensor:
        """The highest output of each sample; of equal ones, the first."""
        return self.outputs.argmax(dim=1)


def activity(spikes: Tensor, layers: Sequence[Wired], *, readout: str = "last") -> Activity:
    """Run a network on spikes, a tensor ``[samples, steps, inputs]`` of 0 and 1."""
    arriving = spikes.transpose(0, 1)
    all_spikes, all_membranes = [], []
    for layer in layers:
        arriving, membranes = scan(layer, arriving)
        all_spikes.append(arriving)
        all_membranes.append(membranes)
    return Activity(tuple(all_spikes), tuple(all_membranes), readout)


def network_activity(network: Network, spikes: Tensor) -> Activity:
    """Run a finished network in PyTorch; membranes are stored integers."""
    return activity(spikes, [_wired(layer) for layer in network.layers], readout=network.readout)


def _wired(layer: Layer) -> Wired:
    def stored(rows) -> Tensor:
        return torch.tensor(rows, dtype=torch.float32) * (1 << layer.shift)

    reach = {name: layer.reach(name) for name in layer.fixed.definition.inputs}
    return Wired(
        cell=Cell(layer.fixed, inputs=reach),
        weights=stored(layer.weights),
        recurrent=None if layer.recurrent is None else stored(layer.recurrent),
        bias=None if layer.bias is None else torch.tensor(layer.bias, dtype=torch.float64),
    )


@dataclass(frozen=True)
class Grid:
    """The integer grid of a layer: what quantisation fixes once, before it trains on.

    Parameters
    ----------
    scale : float
        Size of a weight step in the real network's units.
    exponent : int
        As :class:`~spikewright_hw.network.Layer` has it.
    parameters : mapping of str to float
        The neuron's, in the units of the quantised layer.
    """

    scale: float
    exponent: int
    parameters: Mapping[str, Value]


class Model(nn.Module):
    """A network of spiking layers with a readout, trained in real numbers or on the grid.

    Parameters
    ----------
    config : ModelConfig
    generator : torch.Generator
        Draws the first weights.
    streams : Streams, optional
        Bitstreams that the model computes on once it is quantised; plain sums unless given.
    """

    def __init__(
        self,
        config: ModelConfig,
        *,
        generator: torch.Generator,
        streams: Streams | None = None,
    ):
        super().__init__()
        self.config = config
        self._streams = streams
        self._synapses: list[TrainedSynapses] = []
        width = config.surrogate_width
        self._surrogate = ArcTangent(width=2 * width / math.pi, height=1 / width)
        hidden = len(config.sizes) - 2
        neurons: list[tuple[str, dict[str, Any]]] = [
            *[(config.neuron, dict(config.parameters))] * hidden,
            (config.readout, dict(config.readout_parameters)),
        ]
        cells = [
            Cell(DEFINITIONS[name], surrogate=self._surrogate, **given) for name, given in neurons
        ]
        self.cells = nn.ModuleList(cells)
        drives = [drive(cell.definition, cell.values()) for cell in cells]
        self.weights = nn.ParameterList(
            2 * strength * torch.randn(inputs, neurons, generator=generator) / inputs**0.5
            for strength, (inputs, neurons) in zip(drives, pairwise(config.sizes), strict=True)
        )
        self.recurrent = nn.ParameterDict({
            str(number): drives[number] * 0.5 * torch.randn(size, size, generator=generator)
            / size**0.5
            for number, (size, cell) in enumerate(zip(config.sizes[1:], cells, strict=True))
            if any(one.source == "recurrent" for one in cell.definition.inputs.values())
        })
        self.grid: tuple[Grid, ...] | None = None

    def quantize(self) -> None:
        """Fix each layer's scale by its weights; from here on the model computes on the grid.

        What the neurons have learned of their parameters is fixed as well.

        Raises
        ------
        ValueError
            A layer cannot be computed on the bitstreams, or its levels do not fit its format.
        """
        self.grid = tuple(self._grid(number) for number in range(len(self.weights)))
        layers = self._layers()
        self._synapses = [
            SummedWeights(layer) if self._streams is None
            else StreamedWeights(layer, streams=self._streams, name=f"layers[{number}]")
            for number, layer in enumerate(layers)
        ]
        self.cells = nn.ModuleList(
            Cell(layer.fixed, surrogate=self._surrogate, inputs=synapses.reach)
            for layer, synapses in zip(layers, self._synapses, strict=True)
        )

    def forward(self, spikes: Tensor) -> tuple[Tensor, Activity]:
        """Return the logits ``[samples, outputs]``, in real units, and the layers' activity."""
        if self.grid is None:
            back = dict(self.recurrent.items())
            result = activity(spikes, [
                Wired(cell, weights, back.get(str(number)))
                for number, (cell, weights) in enumerate(
                    zip(self._cells(), self.weights, strict=True)
                )
            ])
            return result.outputs, result
        result = activity(spikes, [
            synapses.wired(cell, matrix, own)
            for synapses, cell, matrix, own in zip(
                self._synapses, self._cells(), self.integer_weights(), self.integer_recurrent(),
                strict=True,
            )
        ])
        readout = self.grid[-1]
        unit = self.config.membrane.one * 2.0**-readout.exponent
        return result.outputs * (readout.scale / unit), result

    def integer_weights(self) -> list[Tensor]:
        """Return the weights on the grid, whole numbers in float32 tensors, with gradients."""
        return [
            quantize(weights, scale=grid.scale, bits=self.config.weight_bits)
            for weights, grid in zip(self.weights, self._fixed_grid(), strict=True)
        ]

    def integer_recurrent(self) -> list[Tensor | None]:
        """Return the recurrent weights on the grid, or None for a layer without."""
        back = dict(self.recurrent.items())
        return [
            quantize(back[str(number)], scale=grid.scale, bits=self.config.weight_bits)
            if str(number) in back else None
            for number, grid in enumerate(self._fixed_grid())
        ]

    def network(self, *, steps: int) -> Network:
        """Return the finished network in plain integers."""
        return Network(layers=tuple(self._layers()), steps=steps)

    def _fixed_grid(self) -> tuple[Grid, ...]:
        if self.grid is None:
            raise ValueError("the model has real weights; quantize() it first")
        return self.grid

    def _grid(self, number: int) -> Grid:
        config, cell = self.config, self._cells()[number]
        scale = best_scale(self.weights[number], bits=config.weight_bits)
        values = cell.values()
        if scalable(cell.definition):
            # The real 1.0, most neurons' threshold, becomes a whole number of membrane units.
            levels = cell.definition.parameters
            largest = largest_level(cell.definition, values)
            scale = config.membrane.one / threshold(scale, config.membrane, largest=largest)
            values = {
                name: _times(value, 1 / scale) if levels[name].unit == "level" else value
                for name, value in values.items()
            }
            return Grid(scale, 0, values)
        exponent = max(0, min(config.membrane.fraction, round(-math.log2(scale))))
        return Grid(2.0**-exponent, exponent, values)

    def _layers(self) -> list[Layer]:
        with torch.no_grad():
            matrices = [_rows(matrix) for matrix in self.integer_weights()]
            back = [None if own is None else _rows(own) for own in self.integer_recurrent()]
        return [
            Layer(
                weights=matrix,
                weight_bits=self.config.weight_bits,
                neuron=cell.definition.name,
                parameters=dict(grid.parameters),
                membrane=self.config.membrane,
                exponent=grid.exponent,
                recurrent=own,
            )
            for matrix, own, cell, grid in zip(
                matrices, back, self._cells(), self._fixed_grid(), strict=True
            )
        ]

    def _cells(self) -> list[Cell]:
        return [cell for cell in self.cells if isinstance(cell, Cell)]


def _rows(matrix: Tensor) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(row) for row in matrix.int().tolist())


def _times(value: Value, factor: float) -> Value:
    if isinstance(value, int | float):
        return value * factor
    return tuple(one * factor for one in value)
