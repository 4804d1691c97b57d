"""Banks: several rows of weights in a cycle, each from a memory of its own, and their sum."""

from collections.abc import Sequence
from typing import Any

from amaranth import Module, Mux, Shape, Signal, Value, signed
from amaranth.lib import data

from .scan import event_layout
from .synapses import WeightSynapses

__all__ = ["BankedSynapses", "added", "bank_layout"]


def bank_layout(width: int, banks: int) -> data.StructLayout:
    """Layout of what the banks give in a cycle, of a step in which ``width`` inputs may spike.

    ``places`` has of each bank where in it the row is, ``spikes`` whether there is one; ``last``
    marks the last cycle of a step. Of a single bank it is :func:`~.scan.event_layout`.
    """
    if banks == 1:
        return event_layout(width)
    place = Shape.cast(range(max(2, -(-width // banks))))
    return data.StructLayout({
        "places": data.ArrayLayout(place, banks), "spikes": banks, "last": 1,
    })


class BankedSynapses:
    """Weights of several rows at once: a cycle brings each neuron a sum for each kind of input.

    Parameters
    ----------
    single : WeightSynapses
        Those of a row.
    banks : int, at least 1
        Rows of a cycle.
    """

    apart = True

    def __init__(self, single: WeightSynapses, banks: int):
        self.layer = layer = single.layer
        self.single = single
        most = banks * ((1 << layer.weight_bits - 1) - 1)
        inputs = layer.fixed.definition.inputs.values()
        sources = sorted({input.source for input in inputs})
        self.addend = data.StructLayout(dict.fromkeys(sources, signed(most.bit_length() + 1)))

    def add(
        self, m: Module, weights: Sequence[Value], own: Sequence[Value]
    ) -> dict[str, Value]:
        """Build the sums of a neuron's weights, one of each bank; return them by source.

        ``own`` says of each bank whether its row is of the layer's own neurons.
        """
        sums = {}
        for source in self.addend.members:
            terms = [self.single.contribution(source, weight) for weight in weights]
            if self.layer.recurrent is not None:
                wanted = source == "recurrent"
                terms = [Mux(is_own == wanted, term, 0)
                         for is_own, term in zip(own, terms, strict=True)]
            sums[source] = added(m, terms)
        return sums

    def total(self, input: str) -> Shape:
        """Sums of weights, however many come at once."""
        return self.single.total(input)

    def contribution(self, source: str, addend: Any) -> Value:
        """Return what a cycle adds to an input."""
        return addend[source]

    def current(self, total: Value) -> Value:
        """From weight steps to stored units."""
        return self.single.current(total)


def added(m: Module, terms: Sequence[Value]) -> Value:
    """Build the sum of numbers, added in pairs, so that carries pass as few adders as possible.

    The sums of pairs are kept: Yosys would join their adders to one of many numbers, whose carries
    are saved in look-up tables, and which is a fifth larger. They depend on nothing but the
    numbers, so this is to be outside of any condition.
    """
    while len(terms) > 2:
        pairs = []
        for at in range(0, len(terms) - 1, 2):
            total = terms[at] + terms[at + 1]
            pair = Signal(total.shape(), name="pair", attrs={"keep": 1})
            m.d.comb += pair.eq(total)
            pairs.append(pair)
        terms = [*pairs, *terms[2 * len(pairs) :]]
    return sum(terms[1:], start=terms[0])
