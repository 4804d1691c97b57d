"""Synapses in training: whole-number weights come to currents, with gradients.

In the forward pass a current is exactly what an engine will compute. In the backward pass it is the
sum of the weights, whatever the engine makes of them: straight through (Bengio et al.,
arXiv:1308.3432, 2013).
"""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from spikewright_hw.definition.interval import Interval
from spikewright_hw.engine.streams import Streams, check_streams, current_exponent
from spikewright_hw.layer import Layer

from .cell import Cell
from .quantize import bound
from .stream_synapses import ProductCounts, synapse_counts
from .wiring import Wired

__all__ = ["StreamedWeights", "SummedWeights", "TrainedSynapses", "check_counts"]

#: Sums below this are exact in the floats that layers pass to each other.
_EXACT = 1 << 24


class TrainedSynapses(Protocol):
    """How a layer's weights come to currents."""

    @property
    def reach(self) -> Mapping[str, Interval]:
        """Stored currents that can arrive, by the neuron's inputs."""
        ...

    def wired(
        self, cell: Cell, weights: Tensor, recurrent: Tensor | None, bias: Tensor | None
    ) -> Wired:
        """Return the layer ready to run, from whole numbers in float tensors: weights, biases."""
        ...


def check_counts(streams: Streams, layer: Layer, *, name: str) -> int:
    """Return the most that a layer's streams count to.

    Raises :exc:`ValueError` if training cannot compute it exactly; ``name`` is the layer's in it.
    """
    rows = max(layer.inputs, layer.neurons)
    most = rows * streams.length
    if most >= _EXACT:
        raise ValueError(
            f"{name}: {rows} streams of {streams.length} bits count to {most}, more than "
            "training computes exactly; take shorter streams"
        )
    return most


class SummedWeights:
    """Weights are summed, as on the event engine.

    Parameters
    ----------
    layer : Layer
    bias : int
        Largest bias that may come, a stored current.
    """

    def __init__(self, layer: Layer, *, bias: int = 0):
        self._unit = 1 << layer.shift
        self._connection = layer.connection
        self._parts = () if layer.is_plain else layer.parts
        self.reach = {
            name: _widened(layer.reach(name), bias) for name in layer.fixed.definition.inputs
        }

    def wired(
        self, cell: Cell, weights: Tensor, recurrent: Tensor | None, bias: Tensor | None
    ) -> Wired:
        """Return the layer ready to run."""
        own = None if recurrent is None else recurrent * self._unit
        return Wired(
            cell, weights * self._unit, own, bias=bias, connection=self._connection,
            parts=self._parts,
        )


class StreamedWeights:
    """Products of bitstreams are counted, as on the stochastic engine.

    What each weight of each row counts is looked up in a table, so short streams train with the
    error that they will have.

    Parameters
    ----------
    layer : Layer
        Its weights do not matter, only its shape and formats.
    streams : Streams
    name : str
        What the layer is called in errors.
    bias : int
        Largest bias that may come, a stored current.

    Raises
    ------
    ValueError
        The layer cannot be computed on these streams, or its counts do not fit a float.
    """

    def __init__(self, layer: Layer, *, streams: Streams, name: str, bias: int = 0):
        check_streams(streams, layer, name=name)
        most = check_counts(streams, layer, name=name)
        self._bound = bound(layer.weight_bits)
        self._unit = streams.length / (1 << (layer.weight_bits - 1))  # counts of a weight step
        self._scale = 2.0 ** current_exponent(streams, layer)
        self._inputs = self._tables(streams, layer, rows=layer.inputs)
        self._own = None
        if layer.recurrent is not None:
            self._own = self._tables(streams, layer, rows=layer.neurons)
        stored = int(most * self._scale) + 1
        reach = _widened(Interval(-stored, stored), bias)
        self.reach = dict.fromkeys(layer.fixed.definition.inputs, reach)

    def wired(
        self, cell: Cell, weights: Tensor, recurrent: Tensor | None, bias: Tensor | None
    ) -> Wired:
        """Return the layer ready to run."""
        adds, current = self._counted(weights, self._inputs)
        if recurrent is None or self._own is None:
            return Wired(cell, adds, current=current, bias=bias)
        own, own_current = self._counted(recurrent, self._own)
        return Wired(cell, adds, own, current=current, own_current=own_current, bias=bias)

    def _tables(self, streams: Streams, layer: Layer, *, rows: int) -> tuple[Tensor, Tensor]:
        """Return what each weight of each row adds with a spike, and what it counts without one."""
        every = np.tile(np.arange(-self._bound, self._bound + 1), (rows, 1))
        spiking, silent = (
            _net(counts)
            for counts in synapse_counts(streams, every, weight_bits=layer.weight_bits)
        )
        return spiking - silent, silent

    def _counted(
        self, weights: Tensor, tables: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        """Return the counts of the weights, and what makes currents of their sums."""
        index = weights.detach().long() + self._bound
        adds, silent = (table.to(index.device).gather(1, index) for table in tables)
        plain = weights * self._unit
        always = silent.sum(dim=0)

        def current(total: Tensor) -> Tensor:
            scaled = (total + always) * self._scale
            return scaled + ((scaled + 0.5).floor() - scaled).detach()

        return plain + (adds - plain).detach(), current


def _widened(reach: Interval, bias: int) -> Interval:
    return Interval(reach.low - bias, reach.high + bias)


def _net(counts: ProductCounts) -> Tensor:
    return torch.from_numpy((counts.up - counts.down).astype(np.float32))
