"""What is proved of the divider."""

from amaranth import Array, Cat, Elaboratable, Module, Mux, Value
from amaranth.hdl import Cover

from machine import MachineSpec, machine_faults
from spikewright_hw.stochastic.arithmetic.divider import Divider


def step(m: Module, dut: Divider, lane: int, kept: Value) -> tuple[Value, Value]:
    """Keep the dividend where the divisor is one; owe it, or the bit picked of those kept."""
    payload = dut.i.payload
    a, b = payload.a[lane], payload.b[lane]
    pick = payload.pick if dut.depth > 1 else 0
    picked = Array(kept)[pick]
    taken = dut.i.valid & dut.i.ready
    m.d.comb += [
        Cover(taken & ~b & picked, "a one is repeated"),
        Cover(taken & b & ~a & kept.any(), "a zero is kept after a one"),
    ]
    return Mux(b, Cat(a, kept[:-1]), kept), Mux(b, a, picked)


def specs() -> dict[str, Elaboratable]:
    return {
        "divider_d1": MachineSpec(Divider(depth=1), step=step),
        "divider_d4_l4": MachineSpec(Divider(depth=4, lanes=4), step=step),
        "divider_fault": machine_faults(lambda: Divider(depth=4), step=step),
    }
