"""What all state machines on bitstreams share: lanes, each with a state of its own."""

from typing import Any

from amaranth import Cat, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Machine", "counted"]


def counted(state: Value, *, up: Value, hold: Value) -> Value:
    """Return a counter's state counted up or down by one, or held.

    A bit flips where all below it are ones and it counts up, or zeros and down. With a state of
    three bits that is one LUT for each bit; a sum with 1 or -1, and an enable for each counter,
    take twice as many.
    """
    bits, flips = [], ~hold
    for bit in state:
        bits.append(bit ^ flips)
        flips = flips & ~(bit ^ up)
    return Cat(bits)


class Machine(wiring.Component):
    """A state machine in every lane, with one handshake; a subclass says which machine.

    The latency is one clock cycle, and the throughput is one bit a lane per clock cycle for as
    long as ``o.ready`` is high. A stalled stream changes no state. The states go on from one run
    of bits to the next; reset gives the first one.

    Parameters
    ----------
    shape : shape-like
        Of what is taken in a cycle.
    lanes : int, at least 1
        Machines side by side.
    state : shape-like
        Of a machine's state.
    start : int
        State after reset.

    Members
    -------
    i : In(stream.Signature(shape))
        What is taken, bit ``k`` of each part belonging to lane ``k``.
    o : Out(stream.Signature(lanes))
        Bits, bit ``k`` that of lane ``k``.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(self, *, shape: Any, lanes: int, state: Any, start: int):
        self.lanes = lanes
        self.states = [Signal(state, init=start, name=f"state_{k}") for k in range(lanes)]
        super().__init__({"i": In(stream.Signature(shape)), "o": Out(stream.Signature(lanes))})

    def step(self, m: Module, lane: int) -> Value:
        """Build a lane's step, for a cycle in which bits are taken; return its bit of ``o``.

        Statements go into a domain under the condition that bits are taken, but not those for what
        is returned, which stands whenever it is offered.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say which machine it is")

    def elaborate(self, platform) -> Module:
        """Build the machines and the handshake."""
        m = Module()
        m.d.comb += self.i.ready.eq(self.o.ready | ~self.o.valid)
        with m.If(self.i.ready):
            m.d.sync += self.o.valid.eq(self.i.valid)
        with m.If(self.i.ready & self.i.valid):
            bits = [self.step(m, lane) for lane in range(self.lanes)]
        for lane, bit in enumerate(bits):
            m.d.comb += self.o.payload[lane].eq(bit)
        return m
