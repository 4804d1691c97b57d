"""Synapses: what a row brings to each neuron, and what the sum of that is as a current."""

from dataclasses import replace
from typing import Protocol

from amaranth import Mux, Shape, Value, signed
from amaranth.hdl import ShapeLike

from ..definition.interval import Interval
from ..layer import Layer, Rows

__all__ = ["LoadedSynapses", "Synapses", "WeightSynapses"]


class Synapses(Protocol):
    """What a group of neurons must know of the synapses in front of it."""

    @property
    def apart(self) -> bool:
        """Whether an addend has what the layer's own neurons bring apart from what others bring."""
        ...

    @property
    def addend(self) -> ShapeLike:
        """Shape of what one row, or several at once, bring to one neuron."""
        ...

    def total(self, input: str) -> Shape:
        """Shape of the sum over a step, for one of the neuron's inputs."""
        ...

    def contribution(self, source: str, addend: Value) -> Value:
        """Return what an addend adds to the sum of an input with this source."""
        ...

    def current(self, total: Value) -> Value:
        """Return the stored current, in the membrane's format, that a sum comes to."""
        ...


class WeightSynapses:
    """Weights as numbers: a row brings each neuron its weight.

    Parameters
    ----------
    layer : Layer
    """

    apart = False

    def __init__(self, layer: Layer):
        self.layer = layer
        self.addend = signed(layer.weight_bits)

    def total(self, input: str) -> Shape:
        """Sums of weights; the heaviest column bounds every partial sum."""
        return signed(self.layer.sums(input).width)

    def contribution(self, source: str, addend: Value) -> Value:
        """Return what a weight adds; see :meth:`.Layer.contributions`."""
        if source == "excitatory":
            return Mux(addend < 0, 0, addend)
        if source == "inhibitory":
            return Mux(addend < 0, -addend, 0)
        return addend

    def current(self, total: Value) -> Value:
        """From weight steps to stored units."""
        return total << self.layer.shift


class LoadedSynapses(WeightSynapses):
    """The same, of weights that are not known yet: sums hold those of any weights."""

    def total(self, input: str) -> Shape:
        """Sums of weights that are all the least, and of weights that are all the greatest."""
        ends = [
            replace(
                self.layer, weights=_filled(self.layer.weights, weight),
                recurrent=self.layer.recurrent and _filled(self.layer.recurrent, weight),
            ).sums(input)
            for weight in self.layer.weight_range
        ]
        return signed(Interval(min(one.low for one in ends), max(one.high for one in ends)).width)


def _filled(rows: Rows, weight: int) -> Rows:
    return ((weight,) * len(rows[0]),) * len(rows)
