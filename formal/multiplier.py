"""What is proved of every gate multiplier."""

from collections.abc import Callable

from amaranth import Elaboratable, Module, Signal, Value

from properties import InOrder, drive, held, observe, stall
from spikewright_hw.stochastic.arithmetic.multiplier import Multiplier

__all__ = ["MultiplierSpec"]


class MultiplierSpec(Elaboratable):
    """Each pair of bits gives the product of its lanes, in order, whatever stalls.

    ``bit`` is what one lane owes for a pair of bits. The planted fault inverts lane 0 of a product
    that has stalled.
    """

    def __init__(
        self, dut: Multiplier, *, bit: Callable[[Value, Value], Value], fault: bool = False
    ):
        self.dut = dut
        self.bit = bit
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
        expected = Signal(dut.lanes)
        for lane in range(dut.lanes):
            owed = self.bit(dut.i.payload.a[lane], dut.i.payload.b[lane])
            m.d.comb += expected[lane].eq(owed)
        held(m, o, name="product")
        m.submodules.in_order = InOrder(
            i=i, o=o, expected=expected, capacity=1, latency=1, name="product"
        )
        return m
