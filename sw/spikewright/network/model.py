"""A feed-forward spiking network that is trained in PyTorch.

Quantisation gives each layer one scale, the size of a weight step, and takes it out of the way of
the run: where all of a neuron's levels may be counted in weight steps
(:func:`~.quantize.scalable`), they are, and the scale lies in its threshold; for any other neuron a
weight step is a power of two. Biases are counted in steps of the membrane's format.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from spikewright_hw.definition.definition import Value
from spikewright_hw.engine.streams import Streams
from spikewright_hw.network import Layer, Network
from spikewright_hw.origin import Hearing
from spikewright_hw.readout import SPIKING

from .activity import Activity, activity, tiled
from .cell import Cell
from .compiled_scan import is_compiled
from .delays import drawn_delays, spread_weights
from .drive import drive
from .first_weights import first_layers, given_layers
from .grid import Grid, layer_grid
from .model_config import ModelConfig
from .normalisation import (
    Normalisation,
    check_foldable,
    check_normalised,
    normalised,
    weight_channels,
)
from .quantize import quantize, rounded
from .real_layer import RealLayer
from .real_network import RealNetwork
from .recomputable import check_recomputed
from .recomputed import recomputed_activity
from .surrogate import SURROGATES, AdaptiveSmoothing, LearnedSlope, Surrogate, highest
from .trained_synapses import StreamedWeights, SummedWeights, TrainedSynapses
from .wiring import Wired

__all__ = ["Model"]

#: Share of the spikes that are smooth where the surrogate draws them.
_NOISE = 0.1


class Model(nn.Module):
    """A network of spiking layers with a readout, trained in real numbers or on the grid.

    Parameters
    ----------
    config : ModelConfig
    generator : torch.Generator
        Draws the first weights.
    streams : Streams, optional
        Bitstreams that the model computes on once it is quantised; plain sums unless given.
    start : RealNetwork, optional
        Has the layers and their first weights, in the place of those that are drawn.
    layers : sequence of RealLayer, optional
        The same, in units that a learning rate suits already.
    steps : int, optional
        Of an inference: a normalisation with gains of each step needs them, and of many the
        surrogate gradient is lower, as :func:`~spikewright.network.surrogate.highest` says.
    compiled : bool
        Whether the neurons' steps run compiled, where they can.
    event_products : bool
        Whether dense layers sum over events, where they can.
    bf16 : bool
        Whether products of real numbers are of bf16 in training.
    exact_sums : bool
        Whether first weights and sums are the same on every processor.
    recompute : bool
        Whether the steps are run again, segment by segment, when gradients are computed.
    """

    def __init__(
        self,
        config: ModelConfig,
        *,
        generator: torch.Generator,
        streams: Streams | None = None,
        start: RealNetwork | None = None,
        layers: Sequence[RealLayer] | None = None,
        steps: int | None = None,
        compiled: bool = False,
        event_products: bool = False,
        bf16: bool = False,
        exact_sums: bool = False,
        recompute: bool = False,
    ):
        super().__init__()
        if recompute:
            check_recomputed(config)
        self.config = config
        self._run = recomputed_activity if recompute else activity
        self._how = {
            "compiled": compiled, "event_products": event_products, "exact_sums": exact_sums,
        }
        self._bf16 = bf16
        self._streams = streams
        self._synapses: list[TrainedSynapses] = []
        self._surrogate = self._first_surrogate(generator, steps)
        if layers is None:
            layers = (
                given_layers(start) if start is not None
                else first_layers(config, generator=generator, plain=exact_sums, steps=steps)
            )
        self.norms = nn.ModuleDict()
        self.cells = self._first_cells(layers, steps=steps)
        self.weights = nn.ParameterList(_learned(layer.weights) for layer in layers)
        self.delays = nn.ParameterDict()
        for number, most in enumerate(config.latest):
            if most:
                self._learn_delays(number, most, generator)
        self.recurrent = nn.ParameterDict({
            str(number): _learned(layer.recurrent) for number, layer in enumerate(layers)
            if layer.recurrent is not None
        })
        self.biases = self._first_biases(layers)
        self._shapes: Sequence[Hearing] = layers
        self._shares = [
            None if len({one.back for one in layer.origins}) == 1 or bits == 1
            else torch.tensor(replace(layer, input_bits=bits).greatest)[:, None] / self._most_input
            for layer, bits in zip(layers, config.bits, strict=True)
        ]
        self.grid: tuple[Grid, ...] | None = None
        self._is_fixed = False

    def _first_cells(self, layers: Sequence[RealLayer], *, steps: int | None) -> nn.ModuleList:
        """Return the neurons in real numbers, once the normalisations of hidden ones are there."""
        kind, last = self.config.normalisation, len(layers) - 1
        check_normalised(kind, [(one.definition, one) for one in layers], steps=steps)
        if kind != "none":
            self.norms.update({
                str(number): _norm(kind, layer) for number, layer in enumerate(layers[:-1])
            })
        given: list[dict[str, Any]] = [dict(layer.parameters) for layer in layers]
        return nn.ModuleList(
            Cell(
                normalised(kind, layer.definition, steps=steps) if number < last
                else layer.definition,
                surrogate=self._surrogate, fused=not self._how["exact_sums"], **parameters,
            )
            for number, (layer, parameters) in enumerate(zip(layers, given, strict=True))
        )

    def _first_surrogate(self, generator: torch.Generator, steps: int | None) -> Surrogate:
        """Return what stands for the derivative of a spike in real numbers."""
        config, width = self.config, self.config.surrogate_width
        kind = SURROGATES[config.surrogate]
        height = min(1 / width, highest(steps))
        fixed = kind(width=2 * width / math.pi, height=height)
        drawn = isinstance(fixed, AdaptiveSmoothing)
        if not (drawn or config.learn_surrogate):
            return fixed
        self.slope = nn.Parameter(torch.tensor(height))
        given: Any = {"height": self.slope}
        if drawn:
            return AdaptiveSmoothing(noise=_NOISE, generator=generator, **given)
        return LearnedSlope(shape=kind(width=2 / math.pi), **given)

    def _first_biases(self, layers: Sequence[RealLayer]) -> nn.ParameterDict:
        """Return the biases that are given, and zeros of layers that are to have some."""
        return nn.ParameterDict({
            str(number): _learned(layer.bias) for number, layer in enumerate(layers)
            if layer.bias is not None
        } | {
            str(number): nn.Parameter(torch.zeros(layer.connection.target.channels))
            for number, layer in enumerate(layers)
            if (self.config.bias or str(number) in self.norms) and layer.bias is None
        })

    def _learn_delays(self, number: int, most: int, generator: torch.Generator) -> None:
        """Leave each synapse of a layer one weight of those it has, and draw its delay."""
        each = self.weights[number].detach().unflatten(0, (most + 1, -1))
        # What was drawn for most + 1 times as many inputs is as much smaller.
        self.weights[number] = nn.Parameter(each[0] * (most + 1) ** 0.5)
        self.delays[str(number)] = nn.Parameter(
            drawn_delays(each[0], most=most, generator=generator)
        )

    def prune(self, share: float) -> None:
        """Take away the smallest weights, for good: so large a share of all.

        Weights of layers are compared by their size beside the root mean square of their layer,
        as a normalisation leaves them.
        """
        self.fold()
        with torch.no_grad():
            sizes = [
                one.abs() / one.square().mean().sqrt().clamp(min=1e-30) for one in self.weights
            ]
            each = torch.cat([one.flatten() for one in sizes])
            count = round(share * len(each))
            least = each.kthvalue(count).values if count else each.new_tensor(-1.0)
            for number, size in enumerate(sizes):
                self.register_buffer(f"_kept_{number}", size > least, persistent=False)

    def fold(self) -> None:
        """Put the normalisations into weights and biases; from here on there are none.

        Raises
        ------
        ValueError
            They are of a kind that cannot be folded.
        """
        with torch.no_grad():
            for name in list(self.norms):
                factor, shift = self._folded(int(name))
                self.weights[int(name)].mul_(factor)
                self.biases[name].add_(shift)
        self.norms.clear()

    def _folded(self, number: int) -> tuple[Tensor, Tensor]:
        """Return what a layer's normalisation is to weights, ``[rows or 1, lanes]``, and biases."""
        check_foldable(self.config.normalisation)
        norm = self.norms[str(number)]
        assert isinstance(norm, Normalisation)
        factor, shift = norm.folded()
        channels = torch.from_numpy(weight_channels(self._shapes[number].connection))
        return factor[channels.to(self.device)], shift

    def quantize(self, *, largest: float = 0.0) -> None:
        """Fix each layer's scale by its weights; from here on the model computes on the grid.

        What the neurons have learned of their parameters is fixed as well.

        Parameters
        ----------
        largest : float
            Largest output, in real units, for which there must be room in the last membranes.

        Raises
        ------
        ValueError
            A layer cannot be computed on the bitstreams, its levels do not fit its format, or its
            normalisation cannot be folded.
        """
        self.fold()
        self._is_fixed = True
        if not self._surrogate.is_fixed:  # spikes are 0 and 1 from here on, of one slope
            noise = {"noise": 0.0} if isinstance(self._surrogate, AdaptiveSmoothing) else {}
            slope = abs(float(self.slope.detach()))
            self._surrogate = replace(self._surrogate, height=slope, **noise)
        room = [*[0.0] * (len(self.weights) - 1), largest]
        self.grid = tuple(self._grid(number, largest=one) for number, one in enumerate(room))
        layers = self._layers()
        self._synapses = [
            SummedWeights(layer, bias=bias) if self._streams is None
            else StreamedWeights(layer, streams=self._streams, name=f"layers[{number}]", bias=bias)
            for number, layer in enumerate(layers)
            for bias in [layer.membrane.max if str(number) in self.biases else 0]
        ]
        self.cells = nn.ModuleList(
            Cell(
                tiled(layer).fixed, surrogate=self._surrogate, inputs=synapses.reach,
                fused=not self._how["exact_sums"],
            )
            for layer, synapses in zip(layers, self._synapses, strict=True)
        ).to(self.device)

    def forward(self, spikes: Tensor, *, each_step: bool = False) -> tuple[Tensor, Activity]:
        """Return the outputs, in real units, and the layers' activity.

        The outputs are ``[samples, outputs]``, or with ``each_step`` ``[samples, steps, outputs]``.
        """
        if self.grid is None:
            spikes = _shares(spikes, self._most_input)
            layers = [
                Wired(cell, self._real_weights(number), self._of(self.recurrent, number),
                      bias=self._of(self.biases, number), connection=layer.connection,
                      parts=() if layer.is_plain else layer.parts,
                      normalisation=self._norm_of(number), bf16=self._bf16 and self.training)
                for number, (cell, layer) in enumerate(
                    zip(self.neurons(), self._shapes, strict=True)
                )
            ]
        else:
            layers = [
                synapses.wired(cell, matrix, own, bias)
                for synapses, cell, matrix, own, bias in zip(
                    self._synapses, self.neurons(), self.integer_weights(),
                    self.integer_recurrent(), self.integer_biases(), strict=True,
                )
            ]
        layers = [replace(layer, **self._how) for layer in layers]
        result = self._run(spikes, layers, readout=self.config.readout)
        outputs = result.outputs_each_step if each_step else result.outputs
        return outputs * self.output_step, result

    @property
    def device(self) -> torch.device:
        """Where its weights are."""
        return self.weights[0].device

    def compiled_layers(self) -> int:
        """Return of how many layers the neurons' steps have run compiled."""
        return sum(map(is_compiled, self.neurons()))

    @property
    def output_step(self) -> float:
        """What 1 of an output is in real units: of spikes, and before quantisation, 1."""
        if self.grid is None or self.config.readout in SPIKING:
            return 1.0
        return float(self.grid[-1].step(self.config.membranes[-1]))

    def integer_weights(self) -> list[Tensor]:
        """Return the weights on the grid, whole numbers in float32 tensors, with gradients."""
        return [
            quantize(self._weights(number), scale=grid.scale, bits=self.config.widths[number])
            for number, grid in enumerate(self._fixed_grid())
        ]

    def integer_recurrent(self) -> list[Tensor | None]:
        """Return the recurrent weights on the grid, or None for a layer without."""
        return [
            None if (own := self._of(self.recurrent, number)) is None
            else quantize(own, scale=grid.scale, bits=self.config.widths[number])
            for number, grid in enumerate(self._fixed_grid())
        ]

    def integer_biases(self) -> list[Tensor | None]:
        """Return the biases as stored integers, or None for a layer without.

        They are in the range of the membrane.
        """
        return [
            None if (bias := self._of(self.biases, number)) is None
            else rounded(bias, step=grid.step(membrane), limit=membrane.max)
            for number, (grid, membrane) in enumerate(
                zip(self._fixed_grid(), self.config.membranes, strict=True)
            )
        ]

    def real_network(
        self, *, steps: int, parameters: Sequence[Mapping[str, Value]] | None = None
    ) -> RealNetwork:
        """Return the network in real numbers, as its weights are now; before it is quantised.

        ``parameters`` are those of each layer's neurons, as they stand unless given.
        """
        if parameters is None:
            parameters = [cell.values() for cell in self.neurons()]

        def array(tensor: Tensor | None) -> np.ndarray | None:
            return None if tensor is None else tensor.detach().double().cpu().numpy()

        folded = {number: self._folded(number) for number in map(int, self.norms)}

        return RealNetwork(
            layers=tuple(
                RealLayer(
                    weights=(self._weights(number) * folded[number][0] if number in folded
                             else self._weights(number)).detach().double().cpu().numpy(),
                    neuron=cell.definition,
                    parameters=given,
                    bias=array(self.biases[str(number)] + folded[number][1] if number in folded
                               else self._of(self.biases, number)),
                    recurrent=array(self._of(self.recurrent, number)),
                    input_bits=bits,
                    connection=shape.connection,
                    origins=shape.origins,
                )
                for number, (cell, given, shape, bits) in enumerate(zip(
                    self.neurons(), parameters, self._shapes, self.config.bits, strict=True
                ))
            ),
            steps=steps,
            readout=self.config.readout,
        )

    def network(self, *, steps: int) -> Network:
        """Return the finished network in plain integers."""
        return Network(layers=tuple(self._layers()), steps=steps, readout=self.config.readout)

    def _weights(self, number: int) -> Tensor:
        """Return the real weights of a layer for an input of 1; a graded one's largest is more."""
        weights = self._rows_of(number)
        return weights / self._most_input if self.config.bits[number] > 1 else weights

    def _real_weights(self, number: int) -> Tensor:
        """Return the real weights of a layer for inputs of at most 1.

        Beside graded inputs a spike counts as one of 1, and not as the largest.
        """
        weights, shares = self._rows_of(number), self._shares[number]
        return weights if shares is None else weights * shares.to(weights.device)

    def _rows_of(self, number: int) -> Tensor:
        """Return the real weights of a layer's connection; of learned delays, spread over steps.

        On the grid a delay is a whole number, and no longer learned.
        """
        weights, delays = self.weights[number], self._of(self.delays, number)
        kept = getattr(self, f"_kept_{number}", None)
        if kept is not None:
            weights = weights * kept
        if delays is None:
            return weights
        most, spread = self.config.latest[number], self.config.delays
        if self._is_fixed:
            delays, spread = delays.detach().clamp(0, most).round(), "linear"
        return spread_weights(weights, delays, most=most, spread=spread).flatten(0, 1)

    @property
    def _most_input(self) -> int:
        return (1 << self.config.input_bits) - 1

    def _norm_of(self, number: int) -> Normalisation | None:
        norm = self.norms[str(number)] if str(number) in self.norms else None
        assert norm is None or isinstance(norm, Normalisation)
        return norm

    @staticmethod
    def _of(those: nn.ParameterDict, number: int) -> Tensor | None:
        return those[str(number)] if str(number) in those else None

    def _fixed_grid(self) -> tuple[Grid, ...]:
        if self.grid is None:
            raise ValueError("the model has real weights; quantize() it first")
        return self.grid

    def _grid(self, number: int, *, largest: float) -> Grid:
        cell, weights = self.neurons()[number], self._weights(number)
        return layer_grid(
            weights, self.config.widths[number], self.config.membranes[number], cell.definition,
            cell.values(), largest=largest, by_channel=self._by_channel(number),
            powers=self.config.scales == "power_of_two",
        )

    def _by_channel(self, number: int) -> bool:
        """Whether each column of a layer's weights has a scale; outputs are compared, so not."""
        connection = self._shapes[number].connection
        return (
            self.config.scales == "channel" and number + 1 < len(self.weights)
            and connection.lanes == connection.target.channels
        )

    def _layers(self) -> list[Layer]:
        with torch.no_grad():
            matrices = [_rows(matrix) for matrix in self.integer_weights()]
            back = [None if own is None else _rows(own) for own in self.integer_recurrent()]
            biases = [
                None if one is None else tuple(one.int().tolist()) for one in self.integer_biases()
            ]
        return [
            Layer(
                weights=matrix,
                weight_bits=width,
                neuron=cell.definition,
                parameters=dict(grid.parameters),
                membrane=membrane,
                exponent=grid.exponent,
                recurrent=own,
                bias=bias,
                input_bits=bits,
                connection=shape.connection,
                origins=shape.origins,
            )
            for matrix, own, bias, cell, grid, membrane, width, shape, bits in zip(
                matrices, back, biases, self.neurons(), self._fixed_grid(), self.config.membranes,
                self.config.widths, self._shapes, self.config.bits, strict=True,
            )
        ]

    def neurons(self) -> list[Cell]:
        """Return the cell of each layer."""
        return [cell for cell in self.cells if isinstance(cell, Cell)]


def _shares(inputs: Tensor, most: int) -> Tensor:
    """Return inputs as shares of their largest; one step of those that are the same in each."""
    if inputs.stride(1) == 0:
        return (inputs[:, :1] / most).expand(inputs.shape)
    return inputs if most == 1 and inputs.is_floating_point() else inputs / most


def _norm(kind: str, layer: RealLayer) -> Normalisation:
    """Return the normalisation of a layer, whose currents make its neurons spike to begin with."""
    gain = drive(layer.definition, layer.parameters)
    if kind == "tdbn":
        heard = {origin.back for origin in layer.origins}
        gain /= max(1, len(heard)) ** 0.5
    return Normalisation(kind, channels=layer.connection.target.channels, gain=gain)


def _learned(values: np.ndarray) -> nn.Parameter:
    return nn.Parameter(torch.tensor(values, dtype=torch.float32))


def _rows(matrix: Tensor) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(row) for row in matrix.int().tolist())
