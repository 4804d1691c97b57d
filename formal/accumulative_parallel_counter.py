"""What is proved of the accumulative parallel counter."""

from amaranth import Const, Elaboratable, Module, Mux, Signal
from amaranth.hdl import Assert, Cover

from faults import Planted, plant
from properties import drive, held, observe, stall
from spikewright_hw.stochastic.arithmetic.accumulative_parallel_counter import (
    AccumulativeParallelCounter,
)

TOTAL = "the total is that of the ones that came"
OFFERED = "a total is offered when its run is in"
WAITS = "a word waits for nothing but a total that stalls"
INSIDE = "no more than a run is inside"
COUNTS = "the core counts the words of its run"
LEFT = "nothing is left between runs"


class AccumulativeParallelCounterSpec(Elaboratable):
    """Each run gives one total, when its last word is in, and no one is lost.

    Beside the core run two balances: the words that went in, less a run for each total that came
    out, and the ones that went in, less those totals. A planted fault is a wrong total or count of
    words, a total that changes or is withdrawn while it stalls, or that never comes, or a core that
    is always ready.
    """

    def __init__(self, *, inputs: int, length: int, fault: str = ""):
        self.inputs = inputs
        self.length = length
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = AccumulativeParallelCounter(
            inputs=self.inputs, length=self.length
        )
        i = drive(m, dut.i)
        stall(m, dut.o)
        o = observe(dut.o)
        offers = observe(dut.o)
        plant(m, offers, self.fault)
        if self.fault == "total":
            o.payload = o.payload ^ 1
        elif self.fault == "never":
            o.valid = Const(0)
        elif self.fault == "greedy":
            i.ready = Const(1)
        seen = dut.seen ^ (self.fault == "seen")
        held(m, offers, name="total")

        words = Signal(range(2 * self.length))
        ones = Signal(range(self.inputs * self.length + 1))
        came = sum(i.payload[1:], start=i.payload[0])
        m.d.sync += [
            words.eq(words + i.transfers - Mux(o.transfers, self.length, 0)),
            ones.eq(ones + Mux(i.transfers, came, 0) - Mux(o.transfers, o.payload, 0)),
        ]
        with m.If(words != 0):
            m.d.comb += Assert(o.payload == ones, TOTAL)
        m.d.comb += [
            Assert(o.valid == (words == self.length), OFFERED),
            Assert(i.ready | o.valid, WAITS),
            Assert(words <= self.length, INSIDE),
            Assert(seen == Mux(o.valid, 0, words), COUNTS),
            Cover(o.transfers & (o.payload == self.inputs * self.length), "a run is all ones"),
            Cover(o.transfers & (o.payload == 0), "a run has no ones"),
            Cover(o.transfers & i.transfers, "a run begins while a total is taken"),
        ]
        with m.If(words == 0):
            m.d.comb += Assert(ones == 0, LEFT)
        return m


def specs() -> dict[str, Elaboratable]:
    return {
        "accumulative_parallel_counter_n3_t4": AccumulativeParallelCounterSpec(inputs=3, length=4),
        "accumulative_parallel_counter_n8_t16": AccumulativeParallelCounterSpec(
            inputs=8, length=16
        ),
        "accumulative_parallel_counter_fault": Planted.each(
            lambda fault: AccumulativeParallelCounterSpec(inputs=3, length=4, fault=fault),
            {
                "total": (TOTAL, LEFT),
                "seen": (COUNTS,),
                "unsteady": ("total: a payload is held while it stalls",),
                "withdrawn": ("total: an offer is not withdrawn while it stalls",),
                "never": (TOTAL, LEFT, COUNTS, OFFERED, INSIDE, WAITS),
                "greedy": (TOTAL, LEFT, COUNTS, OFFERED, INSIDE),
            },
        ),
    }
