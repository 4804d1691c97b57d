"""Accumulative adder: the scaled sum of bitstreams that loses no bit."""

from typing import Any

from amaranth import Module, Signal, Value
from amaranth.utils import ceil_log2

from .gate import GateStage
from .parallel_counter import population_count

__all__ = ["PRESETS", "AccumulativeAdder", "core", "init", "scale", "step"]

#: Parameter sets by name.
PRESETS = {"n2": {"inputs": 2}, "n6": {"inputs": 6}}


def scale(inputs: int) -> int:
    """Return the sum that stands for one: the least power of two that the terms cannot exceed."""
    return 1 << ceil_log2(inputs)


def init(inputs: int) -> int:
    """Return the residue after reset: half of the scale, so that the sum is rounded."""
    return scale(inputs) // 2


def step(residue: int, bits: int, *, inputs: int) -> tuple[int, int]:
    """Add a bit of each term and return the bit of the sum and the residue."""
    return divmod(residue + bits.bit_count(), scale(inputs))


class AccumulativeAdder(GateStage):
    """Adds bitstreams with a scale of a power of two, and keeps what a bit cannot say.

    .. code-block:: none

        s = residue + x[0] + ... + x[inputs - 1]
        o, residue = s div scale, s mod scale        scale = 2^ceil(log2(inputs))

    The output is the carry of an accumulator. No one is lost, unlike in a
    :class:`~.mux_adder.MuxAdder`: after any number of cycles since reset the ones that came out,
    times the scale, differ from those that went in by half a scale at most, whatever the streams
    and their correlation. That is half a bit over the whole run. For two inputs it is the adder
    with a toggle flip-flop of V. T. Lee, A. Alaghi, J. P. Hayes, V. Sathe, L. Ceze,
    "Energy-efficient hybrid stochastic-binary neural networks for near-sensor computing",
    DATE 2017.

    The latency is one clock cycle, and the throughput is one bit of each term per clock cycle for
    as long as ``o.ready`` is high.

    Parameters
    ----------
    inputs : int, at least 2
        Terms.

    Members
    -------
    i : In(stream.Signature(inputs))
        Terms, a bit each.
    o : Out(stream.Signature(1))
        The scaled sum.
    """

    def __init__(self, *, inputs: int):
        if inputs < 2:
            raise ValueError(f"a sum has at least two terms, not {inputs}")
        self.inputs = inputs
        super().__init__(i=inputs, o=1)

    def result(self, m: Module, payload: Any) -> Value:
        """Add to the residue and return the carry."""
        width = ceil_log2(self.inputs)
        residue = Signal(width, init=init(self.inputs))
        total = residue + population_count(m, payload)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += residue.eq(total)
        return total[width]


core = AccumulativeAdder
