"""What is proved of the accumulative adder."""

from amaranth import Elaboratable, Module, Mux, Signal, signed
from amaranth.hdl import Assert, Cover

from faults import Planted, plant, stream_faults
from properties import InOrder, drive, held, observe, stall
from spikewright_hw.stochastic.arithmetic.accumulative_adder import AccumulativeAdder, scale

INVENTED = "no one comes out for less than a scale of ones"
KEPT = "no scale of ones is kept back"


class AccumulativeAdderSpec(Elaboratable):
    """Each word of terms gives one bit, and no one is lost: what went in comes out, or is kept.

    Beside the core runs a balance: half a scale, and the ones that went in, less a scale for each
    one that came out. A fault is ``more`` or ``fewer``, nothing but ones or none at all, or one of
    :func:`~faults.stream_faults`.
    """

    def __init__(self, *, inputs: int, fault: str = ""):
        self.inputs = inputs
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = AccumulativeAdder(inputs=self.inputs)
        i = drive(m, dut.i)
        stall(m, dut.o)
        o = observe(dut.o)
        offers = observe(dut.o)
        plant(m, offers, self.fault)
        if self.fault == "more":
            o.payload = o.payload | 1
        elif self.fault == "fewer":
            o.payload = o.payload & 0
        held(m, offers, name="sum")
        m.submodules.one_each = InOrder(
            i=i, o=offers, capacity=1, latency=1, name="sum"
        )

        one = scale(self.inputs)
        balance = Signal(signed(one.bit_length() + 3), init=one // 2)
        ones = sum(i.payload[1:], start=i.payload[0])
        due = Mux(o.valid & o.payload[0], one, 0)
        m.d.sync += balance.eq(
            balance + Mux(i.transfers, ones, 0) - Mux(o.transfers, due, 0)
        )
        m.d.comb += [
            Assert(balance >= due, INVENTED),
            Assert(balance - due < one, KEPT),
            Cover(o.transfers & (balance - due == one - 1), "all but one of a scale is kept"),
            Cover(o.transfers & o.payload[0] & (balance == one), "nothing is kept"),
        ]
        return m


def specs() -> dict[str, Elaboratable]:
    return {
        "accumulative_adder_n2": AccumulativeAdderSpec(inputs=2),
        "accumulative_adder_n6": AccumulativeAdderSpec(inputs=6),
        "accumulative_adder_fault": Planted.each(
            lambda fault: AccumulativeAdderSpec(inputs=2, fault=fault),
            stream_faults("sum", compared=False)
            | dict.fromkeys(("more", "fewer"), (INVENTED, KEPT)),
        ),
    }
