"""What is proved of the stochastic tanh."""

from amaranth import Elaboratable, Module, Mux, Value
from amaranth.hdl import Assert, Cover

from machine import FOLLOWS, MachineSpec, machine_faults
from spikewright_hw.stochastic.arithmetic.tanh import Tanh


def step(m: Module, dut: Tanh, lane: int, state: Value) -> tuple[Value, Value]:
    """Count in Amaranth's own arithmetic, and clamp; a one in the upper half."""
    half = dut.count // 2
    moved = state + Mux(dut.i.payload[lane], 1, -1)
    after = Mux(moved > half - 1, half - 1, Mux(moved < -half, -half, moved))
    taken = dut.i.valid & dut.i.ready
    m.d.comb += [
        Assert((state >= -half) & (state < half), "a state is in its range"),
        Cover(taken & (moved == half), "a counter saturates at the top"),
        Cover(taken & (moved == -half - 1), "a counter saturates at the bottom"),
    ]
    return after, after >= 0


def specs() -> dict[str, Elaboratable]:
    return {
        "tanh_s8": MachineSpec(Tanh(states=8), step=step),
        "tanh_s20_l4": MachineSpec(Tanh(states=20, lanes=4), step=step),
        "tanh_fault": machine_faults(
            lambda: Tanh(states=8),
            step=step,
            wrong={
                "range": (lambda state: state + 8, (
                    FOLLOWS, "bit: each payload is the one owed", "a state is in its range",
                )),
            },
        ),
    }
