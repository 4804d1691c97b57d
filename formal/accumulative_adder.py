"""What is proved of the accumulative adder."""

from amaranth import Const, Elaboratable, Module, Mux, Signal, signed
from amaranth.hdl import Assert, Cover

from faults import Planted
from properties import InOrder, Observed, drive, held, observe, stall
from spikewright_hw.stochastic.arithmetic.accumulative_adder import AccumulativeAdder, scale


class AccumulativeAdderSpec(Elaboratable):
    """Each word of terms gives one bit, and no one is lost: what went in comes out, or is kept.

    Beside the core runs a balance: half a scale, and the ones that went in, less a scale for each
    one that came out. The planted fault inverts a bit that has stalled.
    """

    def __init__(self, *, inputs: int, fault: bool = False):
        self.inputs = inputs
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = AccumulativeAdder(inputs=self.inputs)
        i = drive(m, dut.i)
        stall(m, dut.o)
        o = observe(dut.o)
        if self.fault:
            stalled = Signal()
            m.d.sync += stalled.eq(o.valid & ~o.ready)
            o.payload = o.payload ^ stalled
        held(m, o, name="sum")
        nothing = Const(0, 1)
        m.submodules.one_each = InOrder(
            i=Observed(payload=nothing, valid=i.valid, ready=i.ready),
            o=Observed(payload=nothing, valid=o.valid, ready=o.ready),
            expected=nothing,
            capacity=1,
            latency=1,
            name="sum",
        )

        one = scale(self.inputs)
        balance = Signal(signed(one.bit_length() + 3), init=one // 2)
        ones = sum(i.payload[1:], start=i.payload[0])
        due = Mux(o.valid & o.payload[0], one, 0)
        m.d.sync += balance.eq(
            balance + Mux(i.transfers, ones, 0) - Mux(o.transfers, due, 0)
        )
        m.d.comb += [
            Assert(balance >= due, "no one comes out for less than a scale of ones"),
            Assert(balance - due < one, "no scale of ones is kept back"),
            Cover(o.transfers & (balance - due == one - 1), "all but one of a scale is kept"),
            Cover(o.transfers & o.payload[0] & (balance == one), "nothing is kept"),
        ]
        return m


def specs() -> dict[str, Elaboratable]:
    return {
        "accumulative_adder_n2": AccumulativeAdderSpec(inputs=2),
        "accumulative_adder_n6": AccumulativeAdderSpec(inputs=6),
        "accumulative_adder_fault": Planted({
            "stalled": (
                AccumulativeAdderSpec(inputs=2, fault=True),
                (
                    "no one comes out for less than a scale of ones",
                    "no scale of ones is kept back",
                    "sum: a payload is held while it stalls",
                ),
            ),
        }),
    }
