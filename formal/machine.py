"""What is proved of every state machine on bitstreams."""

from collections.abc import Callable, Mapping
from typing import Any

from amaranth import Elaboratable, Module, Signal, Value
from amaranth.hdl import Assert

from faults import Planted, plant, stream_faults
from properties import InOrder, drive, held, observe, stall
from spikewright_hw.stochastic.arithmetic.machine import Machine

__all__ = ["FOLLOWS", "MachineSpec", "machine_faults"]

FOLLOWS = "each state is the one that follows, in its lane"

#: Of a module, a core, a lane of it and the lane's state as it is seen: the next state, and the bit
#: owed for what is offered.
Step = Callable[[Module, Any, int, Value], tuple[Value, Value]]


class MachineSpec(Elaboratable):
    """In every lane, each step is the reference's, from any state that can be reached.

    ``step`` says what is owed from the state that the core is in; the spec holds the core's next
    state to it, and the bit. Only a transfer changes a state. A planted fault is a state that seems
    to lag, ``state``, one of :func:`~faults.stream_faults`, or one of ``wrong``: another state in
    lane 0 by fault, made of the true one.
    """

    def __init__(
        self,
        dut: Machine,
        *,
        step: Step,
        wrong: Mapping[str, Callable[[Value], Value]] | None = None,
        fault: str = "",
    ):
        self.dut = dut
        self.step = step
        self.wrong = wrong or {}
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
            seen: Value = state
            if self.fault in self.wrong and lane == 0:
                seen = self.wrong[self.fault](state)
            after, bit = self.step(m, dut, lane, seen)
            m.d.comb += owed[lane].eq(bit)
            # As wide as what was computed, so that a state that is cut is not equal to it.
            expected = Signal(after.shape(), init=state.init, name=f"expected_{lane}")
            with m.If(i.transfers):
                m.d.sync += expected.eq(after)
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


def machine_faults(
    core: Callable[[], Machine],
    *,
    step: Step,
    wrong: Mapping[str, tuple[Callable[[Value], Value], tuple[str, ...]]] | None = None,
) -> Planted:
    """Plant each fault of a state machine in a core of its own.

    ``wrong`` are states that are no state of the machine, made of the true one, each with the
    properties that it turns red.
    """
    made = {fault: make for fault, (make, _) in (wrong or {}).items()}
    more = {fault: red for fault, (_, red) in (wrong or {}).items()}
    return Planted.each(
        lambda fault: MachineSpec(core(), step=step, wrong=made, fault=fault),
        stream_faults("bit") | {"state": (FOLLOWS,)} | more,
    )
