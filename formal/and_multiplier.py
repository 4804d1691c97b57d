"""What is proved of the AND multiplier."""

from amaranth import Elaboratable, Module, Signal

from properties import InOrder, drive, held, observe, stall
from spikewright_hw.stochastic.and_multiplier import AndMultiplier


class AndMultiplierSpec(Elaboratable):
    """Each pair of bits gives the product of its lanes, in order, whatever stalls.

    The planted fault inverts lane 0 of a product that has stalled.
    """

    def __init__(self, *, lanes: int, fault: bool = False):
        self.lanes = lanes
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = AndMultiplier(lanes=self.lanes)
        i = drive(m, dut.i)
        stall(m, dut.o)
        o = observe(dut.o)
        if self.fault:
            stalled = Signal()
            m.d.sync += stalled.eq(o.valid & ~o.ready)
            o.payload = o.payload ^ stalled
        expected = Signal(self.lanes)
        for lane in range(self.lanes):
            m.d.comb += expected[lane].eq(dut.i.payload.a[lane] & dut.i.payload.b[lane])
        held(m, o, name="product")
        m.submodules.in_order = InOrder(
            i=i, o=o, expected=expected, capacity=1, latency=1, name="product"
        )
        return m


def specs() -> dict[str, Elaboratable]:
    return {
        "and_multiplier_l1": AndMultiplierSpec(lanes=1),
        "and_multiplier_l8": AndMultiplierSpec(lanes=8),
        "and_multiplier_fault": AndMultiplierSpec(lanes=1, fault=True),
    }
