"""What is proved of every state machine on bitstreams."""

from collections.abc import Callable
from typing import Any

from amaranth import Elaboratable, Module, Signal, Value
from amaranth.hdl import Assert

from properties import InOrder, drive, held, observe, stall
from spikewright_hw.stochastic.arithmetic.machine import Machine

__all__ = ["MachineSpec"]

#: Of a module, a core and a lane of it: the next state, and the bit owed for what is offered.
Step = Callable[[Module, Any, int], tuple[Value, Value]]


class MachineSpec(Elaboratable):
    """In every lane, each step is the reference's, from any state that can be reached.

    ``step`` says what is owed from the state that the core is in; the spec holds the core's next
    state to it, and the bit. Only a transfer changes a state. The planted fault inverts lane 0 of
    an output that has stalled.
    """

    def __init__(self, dut: Machine, *, step: Step, fault: bool = False):
        self.dut = dut
        self.step = step
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        i = drive(m, dut.i)
        stall(m, dut.o)
        o = observe(dut.o)
        if self.fault:
            stalled = Signal()
            m.d.sync += stalled.eq(o.valid & ~o.ready)
            o.payload = o.payload ^ stalled
        owed = Signal(dut.lanes)
        for lane, state in enumerate(dut.states):
            after, bit = self.step(m, dut, lane)
            m.d.comb += owed[lane].eq(bit)
            # As wide as what was computed, so that a state that is cut is not equal to it.
            expected = Signal(after.shape(), init=state.init, name=f"expected_{lane}")
            with m.If(i.transfers):
                m.d.sync += expected.eq(after)
            m.d.comb += Assert(state == expected, "each state is the one that follows, in its lane")
        held(m, o, name="bit")
        m.submodules.in_order = InOrder(
            i=i, o=o, expected=owed, capacity=1, latency=1, name="bit"
        )
        return m
