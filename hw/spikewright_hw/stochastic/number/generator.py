"""What all number generators share: random numbers in, lanes of bits out."""

from typing import Any

from amaranth import Module, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Generator"]


class Generator(wiring.Component):
    """Makes a bit a lane of each random number; a subclass says how.

    Unless it says otherwise, the latency is one clock cycle, and the throughput is one bit a lane
    per clock cycle for as long as ``o.ready`` is high. A bit is made of the value that stands at
    the port in the cycle in which its number is taken.

    Parameters
    ----------
    width : int, at least 1
        Bits of a random number.
    lanes : int, at least 1
        Bitstreams made side by side.
    value : ShapeLike
        Shape of a lane's value.
    payload : ShapeLike
        Shape of what is made of a number, over all lanes.

    Members
    -------
    values : In(ArrayLayout(value, lanes))
        Values to represent.
    i : In(stream.Signature(width))
        Random numbers.
    o : Out(stream.Signature(payload))
        Bits, bit ``k`` that of lane ``k``.
    """

    values: data.View
    i: stream.Interface
    o: stream.Interface

    def __init__(self, *, width: int, lanes: int, value: Any, payload: Any):
        if width < 1:
            raise ValueError(f"a random number has at least one bit, not {width}")
        if lanes < 1:
            raise ValueError(f"a generator has at least one lane, not {lanes}")
        self.width = width
        self.lanes = lanes
        super().__init__(
            {
                "values": In(data.ArrayLayout(value, lanes)),
                "i": In(stream.Signature(width)),
                "o": Out(stream.Signature(payload)),
            }
        )

    def bits(self, number: Value) -> Value:
        """Return the payload that a number makes of the values; each subclass says how."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it makes bits")

    def elaborate(self, platform) -> Module:
        """Build what makes the bits, and the output register."""
        m = Module()
        m.d.comb += self.i.ready.eq(self.o.ready | ~self.o.valid)
        with m.If(self.i.ready):
            m.d.sync += [
                self.o.valid.eq(self.i.valid),
                self.o.payload.eq(self.bits(self.i.payload)),
            ]
        return m
