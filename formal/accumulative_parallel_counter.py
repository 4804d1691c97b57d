"""What is proved of the accumulative parallel counter."""

from amaranth import Elaboratable, Module, Mux, Signal
from amaranth.hdl import Assert, Cover

from faults import Planted
from properties import drive, held, observe, stall
from spikewright_hw.stochastic.arithmetic.accumulative_parallel_counter import (
    AccumulativeParallelCounter,
)


class AccumulativeParallelCounterSpec(Elaboratable):
    """Each run gives one total, when its last word is in, and no one is lost.

    Beside the core run two balances: the words that went in, less a run for each total that came
    out, and the ones that went in, less those totals. The planted fault adds one to a total that
    has stalled.
    """

    def __init__(self, *, inputs: int, length: int, fault: bool = False):
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
        if self.fault:
            stalled = Signal()
            m.d.sync += stalled.eq(o.valid & ~o.ready)
            o.payload = (o.payload + stalled)[: len(o.payload)]
        held(m, o, name="total")

        words = Signal(range(self.length + 1))
        ones = Signal(range(self.inputs * self.length + 1))
        came = sum(i.payload[1:], start=i.payload[0])
        m.d.sync += [
            words.eq(words + i.transfers - Mux(o.transfers, self.length, 0)),
            ones.eq(ones + Mux(i.transfers, came, 0) - Mux(o.transfers, o.payload, 0)),
        ]
        with m.If(words != 0):
            m.d.comb += Assert(o.payload == ones, "the total is that of the ones that came")
        m.d.comb += [
            Assert(o.valid == (words == self.length), "a total is offered when its run is in"),
            Assert(i.ready | o.valid, "a word waits for nothing but a total that stalls"),
            Assert(words <= self.length, "no more than a run is inside"),
            Assert(dut.seen == Mux(o.valid, 0, words), "the core counts the words of its run"),
            Cover(o.transfers & (o.payload == self.inputs * self.length), "a run is all ones"),
            Cover(o.transfers & (o.payload == 0), "a run has no ones"),
            Cover(o.transfers & i.transfers, "a run begins while a total is taken"),
        ]
        with m.If(words == 0):
            m.d.comb += Assert(ones == 0, "nothing is left between runs")
        return m


def specs() -> dict[str, Elaboratable]:
    return {
        "accumulative_parallel_counter_n3_t4": AccumulativeParallelCounterSpec(inputs=3, length=4),
        "accumulative_parallel_counter_n8_t16": AccumulativeParallelCounterSpec(
            inputs=8, length=16
        ),
        "accumulative_parallel_counter_fault": Planted({
            "stalled": (
                AccumulativeParallelCounterSpec(inputs=3, length=4, fault=True),
                (
                    "the total is that of the ones that came",
                    "total: a payload is held while it stalls",
                ),
            ),
        }),
    }
