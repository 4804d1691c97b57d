"""What is proved of the stochastic ReLU."""

from amaranth import Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.hdl import Assert, Cover

from machine import FOLLOWS, MachineSpec, machine_faults
from spikewright_hw.stochastic.arithmetic.relu import START, Relu

STANDS = "the running sum is at least what the state stands for"
BELOW = "the running sum of what is made never falls below -1"
OWED = "bit: each payload is the one owed"


def step(m: Module, dut: Relu, lane: int, state: Value) -> tuple[Value, Value]:
    """Count what is made in Amaranth's own arithmetic, and clamp; a one is owed in state 0."""
    top = dut.count - 1
    bit = Mux(state == 0, 1, dut.i.payload[lane])
    moved = state + Mux(bit, 1, -1)
    after = Mux(moved > top, top, moved)
    taken = dut.i.valid & dut.i.ready

    # Ones less zeros that were made, up to twice the range.
    total = Signal(signed(len(state) + 3), name=f"total_{lane}")
    with m.If(taken & ~(bit & (total >= 2 * dut.count))):
        m.d.sync += total.eq(total + Mux(bit, 1, -1))
    m.d.comb += [
        Assert(state <= top, "a state is in its range"),
        Assert(total >= state - START, STANDS),
        Assert(total >= -1, BELOW),
        Cover(taken & (moved == dut.count), "a counter saturates"),
        Cover(taken & bit & ~dut.i.payload[lane], "a zero becomes a one"),
    ]
    return after, bit


def specs() -> dict[str, Elaboratable]:
    return {
        "relu_s8": MachineSpec(Relu(states=8), step=step),
        "relu_s20_l4": MachineSpec(Relu(states=20, lanes=4), step=step),
        "relu_fault": machine_faults(
            lambda: Relu(states=8),
            step=step,
            wrong={
                "range": (
                    lambda state: state + 8,
                    (FOLLOWS, OWED, STANDS, BELOW, "a state is in its range"),
                ),
                "never_zero": (lambda state: state | 1, (FOLLOWS, OWED, STANDS, BELOW)),
            },
        ),
    }
