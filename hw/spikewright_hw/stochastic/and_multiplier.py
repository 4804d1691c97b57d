"""AND multiplier: the product of two unipolar bitstreams."""

from amaranth import Module
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["PRESETS", "AndMultiplier", "core", "product"]

#: Parameter sets by name.
PRESETS = {"l1": {"lanes": 1}, "l8": {"lanes": 8}}


def product(a: int, b: int) -> int:
    """Multiply one bit of ``a`` by one of ``b`` in every lane."""
    return a & b


class AndMultiplier(wiring.Component):
    """Multiplies unipolar bitstreams, one AND gate a lane.

    A unipolar stream of ones with probability ``p`` stands for ``p``. For independent streams

    .. code-block:: none

        P(a & b) = P(a) * P(b)

    (B. R. Gaines, "Stochastic Computing Systems", 1969). Streams from one random source are not
    independent, and their AND is the minimum instead of the product.

    The latency is one clock cycle, and the throughput is one pair of bits a lane per clock cycle
    for as long as ``o.ready`` is high.

    Parameters
    ----------
    lanes : int
        Multiplications side by side, at least 1.

    Members
    -------
    i : In(stream.Signature(StructLayout({"a": lanes, "b": lanes})))
        Factors, bit ``k`` of each belonging to lane ``k``.
    o : Out(stream.Signature(lanes))
        Products, bit ``k`` that of lane ``k``.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(self, *, lanes: int):
        if lanes < 1:
            raise ValueError(f"a multiplier has at least one lane, not {lanes}")
        self.lanes = lanes
        super().__init__(
            {
                "i": In(stream.Signature(data.StructLayout({"a": lanes, "b": lanes}))),
                "o": Out(stream.Signature(lanes)),
            }
        )

    def elaborate(self, platform) -> Module:
        """Build the gates and the output register."""
        m = Module()
        m.d.comb += self.i.ready.eq(self.o.ready | ~self.o.valid)
        with m.If(self.i.ready):
            m.d.sync += [
                self.o.valid.eq(self.i.valid),
                self.o.payload.eq(self.i.payload.a & self.i.payload.b),
            ]
        return m


core = AndMultiplier
