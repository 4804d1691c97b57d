"""What all gates share: a function of one payload, and an output register."""

from typing import Any

from amaranth import Module, Value
from amaranth.hdl import ShapeLike
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Gate", "GateStage"]


class GateStage(wiring.Component):
    """A function of one payload, and an output register; a subclass says which function.

    The latency is one clock cycle, and the throughput is one payload per clock cycle for as long
    as ``o.ready`` is high.

    Parameters
    ----------
    i, o : ShapeLike
        Shapes of a payload and of its result.

    Members
    -------
    i : In(stream.Signature(i))
        Payloads.
    o : Out(stream.Signature(o))
        Results.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(self, *, i: ShapeLike, o: ShapeLike):
        super().__init__({"i": In(stream.Signature(i)), "o": Out(stream.Signature(o))})

    def result(self, m: Module, payload: Any) -> Value:
        """Return the result for a payload, built in ``m``; each subclass says how."""
        raise NotImplementedError(f"{type(self).__name__} does not say what its result is")

    def elaborate(self, platform) -> Module:
        """Build the function and the output register."""
        m = Module()
        result = self.result(m, self.i.payload)
        m.d.comb += self.i.ready.eq(self.o.ready | ~self.o.valid)
        with m.If(self.i.ready):
            m.d.sync += [
                self.o.valid.eq(self.i.valid),
                Value.cast(self.o.payload).eq(result),
            ]
        return m


class Gate(GateStage):
    """A gate of two inputs in every lane, and an output register; a subclass says which gate.

    The latency is one clock cycle, and the throughput is one pair of bits a lane per clock cycle
    for as long as ``o.ready`` is high.

    Parameters
    ----------
    lanes : int, at least 1
        Gates side by side.

    Members
    -------
    i : In(stream.Signature(StructLayout({"a": lanes, "b": lanes})))
        Operands, bit ``k`` of each belonging to lane ``k``.
    o : Out(stream.Signature(lanes))
        Results, bit ``k`` that of lane ``k``.
    """

    def __init__(self, *, lanes: int):
        if lanes < 1:
            raise ValueError(f"a gate has at least one lane, not {lanes}")
        self.lanes = lanes
        super().__init__(i=data.StructLayout({"a": lanes, "b": lanes}), o=lanes)

    def gate(self, a: Value, b: Value) -> Value:
        """Combine one bit of ``a`` with one of ``b`` in every lane; each subclass says how."""
        raise NotImplementedError(f"{type(self).__name__} does not say which gate it is")

    def result(self, m: Module, payload: Any) -> Value:
        """Return the gate of the operands."""
        return self.gate(payload.a, payload.b)
