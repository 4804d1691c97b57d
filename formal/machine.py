"""What is proved of every state machine on bitstreams."""

from collections.abc import Callable
from typing import Any

from amaranth import Elaboratable, Module, Signal, Value
from amaranth.hdl import Assert

from faults import Planted, plant, stream_faults
from properties import InOrder, drive, held, observe, stall
from spikewright_hw.stochastic.arithmetic.machine import Machine

__all__ = ["MachineSpec", "machine_faults"]

FOLLOWS = "each state is the one that follows, in its lane"

#: Of a module, a core and a lane of it: the next state, and the bit owed for what is offered.
Step = Callable[[Module, Any, int], tuple[Value, Value]]


class MachineSpec(Elaboratable):
    """In every lane, each step is the reference's, from any state that can be reached.

    ``step`` says what is owed from the state that the core is in; the spec holds the core's next
    state to it, and the bit. Only a transfer changes a state. A planted
    fault is a state that seems to lag, ``state``, or one of :func:`~faults.stream_faults`.
    """

    def __init__(self, dut: Machine, *, step: Step, fault: str = ""):
        self.dut = dut
        self.step = step
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        i = drive(m, dut.i)
        stall(m, dut.o)
        o = observe(dut.o)
        plant(m, o, self.fault)
        owed = Signal(dut.lanes)
        for lane, state in enumerate(dut.states):
            after, bit = self.step(m, dut, lane)
            m.d.comb += owed[lane].eq(bit)
            # As wide as what was computed, so that a state that is cut is not equal to it.
            expected = Signal(after.shape(), init=state.init, name=f"expected_{lane}")
            with m.If(i.transfers):
                m.d.sync += expected.eq(after)
            seen: Value = state
            if self.fault == "state" and lane == 0:
                behind = Signal.like(state)
                m.d.sync += behind.eq(state)
                seen = behind
            m.d.comb += Assert(seen == expected, FOLLOWS)
        held(m, o, name="bit")
        m.submodules.in_order = InOrder(
            i=i, o=o, expected=owed, capacity=1, latency=1, name="bit"
        )
        return m


def machine_faults(core: Callable[[], Machine], *, step: Step) -> Planted:
    """Plant each fault of a state machine in a core of its own."""
    detectors = stream_faults("bit") | {"state": (FOLLOWS,)}
    return Planted(
        {
            fault: (MachineSpec(core(), step=step, fault=fault), found)
            for fault, found in detectors.items()
        }
    )
