"""OR adder: a sum of unipolar bitstreams that saturates at one."""

from functools import reduce
from operator import or_
from typing import Any

from amaranth import Module, Value
from amaranth.lib import data

from .gate import GateStage

__all__ = ["PRESETS", "OrAdder", "core", "reference", "total"]

#: Parameter sets by name.
PRESETS = {"n2": {"inputs": 2}, "n4_l8": {"inputs": 4, "lanes": 8}}


def total(terms: list[int]) -> int:
    """Return a one in every lane in which any term has one."""
    return reduce(or_, terms)


class OrAdder(GateStage):
    """Adds unipolar bitstreams without a scale, one OR gate a lane.

    .. code-block:: none

        P(a | b) = 1 - (1 - P(a)) * (1 - P(b))      independent streams
        P(a | b) = min(1, P(a) + P(b))              streams that avoid each other (SCC = -1)

    and so on for more terms (B. R. Gaines, "Stochastic Computing Systems", 1969; A. Alaghi,
    J. P. Hayes, "Exploiting correlation in stochastic circuit design", ICCD 2013). For independent
    terms the sum falls short by the chance that two ones meet, which is small where the terms are.

    The latency is one clock cycle, and the throughput is one bit of each term a lane per clock
    cycle for as long as ``o.ready`` is high.

    Parameters
    ----------
    inputs : int, at least 2
        Terms.
    lanes : int, at least 1
        Sums side by side.

    Members
    -------
    i : In(stream.Signature(ArrayLayout(lanes, inputs)))
        Terms, bit ``k`` of each belonging to lane ``k``.
    o : Out(stream.Signature(lanes))
        Sums.
    """

    def __init__(self, *, inputs: int, lanes: int = 1):
        if inputs < 2:
            raise ValueError(f"a sum has at least two terms, not {inputs}")
        if lanes < 1:
            raise ValueError(f"an adder has at least one lane, not {lanes}")
        self.inputs = inputs
        self.lanes = lanes
        super().__init__(i=data.ArrayLayout(lanes, inputs), o=lanes)

    def result(self, m: Module, payload: Any) -> Value:
        """Return the OR of the terms."""
        return reduce(or_, (payload[index] for index in range(self.inputs)))


core = OrAdder
reference = total
