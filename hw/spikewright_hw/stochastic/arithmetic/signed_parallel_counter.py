"""Signed parallel counter: the sum of many sign-magnitude bits."""

from typing import Any

from amaranth import Module, Value, signed
from amaranth.lib import data
from amaranth.utils import ceil_log2

from .gate import GateStage
from .parallel_counter import population_count

__all__ = ["PRESETS", "SignedParallelCounter", "core", "count", "reference"]

#: Parameter sets by name.
PRESETS = {"n8": {"inputs": 8}, "n64": {"inputs": 64}}


def count(sign: int, magnitude: int) -> int:
    """Return the number of positive ones less that of negative ones."""
    return (magnitude & ~sign).bit_count() - (magnitude & sign).bit_count()


class SignedParallelCounter(GateStage):
    """Adds sign-magnitude bits, exactly, in every cycle.

    .. code-block:: none

        o = ones of magnitude & ~sign - ones of magnitude & sign
          = ones of magnitude         - 2 * ones of magnitude & sign

    The second form is built: its counters see fewer gates (the counter is that of B. Parhami,
    C.-H. Yeh, "Accumulative parallel counters", Asilomar 1995). After a
    :class:`~.sign_magnitude_multiplier.SignMagnitudeMultiplier` of ``inputs`` lanes it makes the
    dot product of a cycle. A magnitude of zero adds nothing, whatever its sign.

    The latency is one clock cycle, and the throughput is one bit of each input per clock cycle for
    as long as ``o.ready`` is high.

    Parameters
    ----------
    inputs : int, at least 1
        Bits that are added.

    Members
    -------
    i : In(stream.Signature(StructLayout({"sign": inputs, "magnitude": inputs})))
        Signs and magnitudes.
    o : Out(stream.Signature(signed(...)))
        Sums, from ``-inputs`` to ``inputs``.
    """

    def __init__(self, *, inputs: int):
        if inputs < 1:
            raise ValueError(f"a counter has at least one input, not {inputs}")
        self.inputs = inputs
        super().__init__(
            i=data.StructLayout({"sign": inputs, "magnitude": inputs}),
            o=signed(ceil_log2(inputs + 1) + 1),
        )

    def result(self, m: Module, payload: Any) -> Value:
        """Return the sum."""
        ones = population_count(m, payload.magnitude)
        negatives = population_count(m, payload.magnitude & payload.sign)
        return ones - (negatives << 1)


core = SignedParallelCounter
reference = count
