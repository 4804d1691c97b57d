"""Multiplexer adder: the mean of bitstreams."""

from typing import Any

from amaranth import Array, Module, Value
from amaranth.lib import data

from .gate import GateStage

__all__ = ["PRESETS", "MuxAdder", "core", "reference", "scaled_sum"]

#: Parameter sets by name.
PRESETS = {"n2": {"inputs": 2}, "n4_l8": {"inputs": 4, "lanes": 8}}


def scaled_sum(terms: list[int], select: int) -> int:
    """Return the selected term's bit in every lane."""
    return terms[select]


class MuxAdder(GateStage):
    """Adds bitstreams with a scale of ``1 / inputs``, one multiplexer a lane.

    In each cycle one of the terms passes. If the selection takes each in turn with the same
    probability, and independently of them,

    .. code-block:: none

        P(o) = (P(x[0]) + ... + P(x[inputs - 1])) / inputs

    (B. R. Gaines, "Stochastic Computing Systems", 1969). That holds for unipolar and for bipolar
    streams, and whatever the correlation of the terms among each other; but the bits that do not
    pass are lost, and with them precision. Take the selection from a source's low bits, or from a
    generator of the value one half for two terms.

    The latency is one clock cycle, and the throughput is one bit of each term a lane per clock
    cycle for as long as ``o.ready`` is high.

    Parameters
    ----------
    inputs : int, a power of two, at least 2
        Terms.
    lanes : int, at least 1
        Sums side by side. They share the selection.

    Members
    -------
    i : In(stream.Signature(StructLayout({"terms": ArrayLayout(lanes, inputs), "select": ...})))
        Terms, bit ``k`` of each belonging to lane ``k``, and the index of the one that passes.
    o : Out(stream.Signature(lanes))
        Scaled sums.
    """

    def __init__(self, *, inputs: int, lanes: int = 1):
        if inputs < 2 or inputs & (inputs - 1):
            raise ValueError(f"the terms of a scaled sum are a power of two from 2, not {inputs}")
        if lanes < 1:
            raise ValueError(f"an adder has at least one lane, not {lanes}")
        self.inputs = inputs
        self.lanes = lanes
        super().__init__(
            i=data.StructLayout(
                {"terms": data.ArrayLayout(lanes, inputs), "select": range(inputs)}
            ),
            o=lanes,
        )

    def result(self, m: Module, payload: Any) -> Value:
        """Return the term that is selected."""
        terms = Array(payload.terms[index] for index in range(self.inputs))
        return Value.cast(terms[payload.select])


core = MuxAdder
reference = scaled_sum
