"""What all gate multipliers share: lanes of bit pairs in, lanes of product bits out."""

from amaranth import Module, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Multiplier"]


class Multiplier(wiring.Component):
    """A gate in every lane, and an output register; a subclass says which gate.

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

    def gate(self, a: Value, b: Value) -> Value:
        """Multiply one bit of ``a`` by one of ``b`` in every lane; each subclass says how."""
        raise NotImplementedError(f"{type(self).__name__} does not say which gate it is")

    def elaborate(self, platform) -> Module:
        """Build the gates and the output register."""
        m = Module()
        m.d.comb += self.i.ready.eq(self.o.ready | ~self.o.valid)
        with m.If(self.i.ready):
            m.d.sync += [
                self.o.valid.eq(self.i.valid),
                self.o.payload.eq(self.gate(self.i.payload.a, self.i.payload.b)),
            ]
        return m
