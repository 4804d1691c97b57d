"""What is proved of the stochastic number generator."""

from amaranth import Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.hdl import Assert, Cover

from properties import InOrder, anything, drive, held, observe, stall
from spikewright_hw.stochastic.number.sng import Sng
from spikewright_hw.stochastic.source.lfsr import Lfsr


class SngSpec(Elaboratable):
    """Each number gives one bit a lane, one exactly if it is less than the lane's value.

    The planted fault compares the highest number with "less or equal".
    """

    def __init__(self, *, width: int, lanes: int, fault: bool = False):
        self.width = width
        self.lanes = lanes
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = Sng(width=self.width, lanes=self.lanes)
        m.d.comb += Value.cast(dut.values).eq(anything(Value.cast(dut.values).shape()))
        i = drive(m, dut.i)
        stall(m, dut.o)
        o = observe(dut.o)
        highest = (1 << self.width) - 1
        if self.fault:
            wrong = Signal()
            with m.If(i.transfers):
                m.d.sync += wrong.eq((dut.i.payload == highest) & (dut.values[0] == highest))
            o.payload = o.payload | wrong
        expected = Signal(self.lanes)
        for lane in range(self.lanes):
            difference = dut.i.payload - dut.values[lane]
            m.d.comb += expected[lane].eq(difference[-1])  # negative
        held(m, o, name="bits")
        m.submodules.in_order = InOrder(
            i=i, o=o, expected=expected, capacity=1, latency=1, name="bits"
        )

        # The ends of the range, for the last number taken.
        zero, full = Signal(), Signal()
        with m.If(i.transfers):
            m.d.sync += [zero.eq(dut.values[0] == 0), full.eq(dut.values[0] == highest + 1)]
        with m.If(o.valid & zero):
            m.d.comb += Assert(~o.payload[0], "a value of zero makes no one")
        with m.If(o.valid & full):
            m.d.comb += Assert(o.payload[0], "a value of one makes nothing but ones")
        m.d.comb += [
            Cover(o.valid & zero, "a bit of the value zero comes"),
            Cover(o.valid & full, "a bit of the value one comes"),
            Cover(o.valid & ~zero & ~full & o.payload[0], "a one of a value in between comes"),
        ]
        return m


class SngPeriodSpec(Elaboratable):
    """Over a period of the source, a value of ``x`` makes as many ones as the docstring says.

    The value is one of all, chosen before the run and kept. Once with a counter as the source,
    which shows each number once, and once with an LFSR, which leaves out zero. A bounded check of
    one period is complete.
    """

    def __init__(self, *, width: int, lfsr: bool):
        self.width = width
        self.lfsr = lfsr

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = Sng(width=self.width)
        chosen = anything(self.width + 1)
        value = Signal(self.width + 1)
        started = Signal()
        m.d.sync += started.eq(1)
        with m.If(~started):
            m.d.sync += value.eq(Mux(chosen > 1 << self.width, 0, chosen))
        m.d.comb += [
            dut.values[0].eq(value),
            dut.i.valid.eq(started),
            dut.o.ready.eq(1),
        ]
        if self.lfsr:
            m.submodules.source = source = Lfsr(width=self.width)
            period = (1 << self.width) - 1
            ones_due = Mux(value == 0, Const(0), value - 1)
            m.d.comb += [dut.i.payload.eq(source.state), source.enable.eq(started)]
        else:
            period = 1 << self.width
            ones_due = value
            count = Signal(self.width)
            m.d.sync += count.eq(count + started)
            m.d.comb += dut.i.payload.eq(count)

        seen = Signal(range(period + 1))
        ones = Signal(range(period + 1))
        with m.If(dut.o.valid & (seen != period)):
            m.d.sync += [seen.eq(seen + 1), ones.eq(ones + dut.o.payload)]
        with m.If(seen == period):
            m.d.comb += Assert(ones == ones_due, "a period holds the value's number of ones")
        m.d.comb += [
            Cover((seen == period) & (value == 0), "a period of the value zero is over"),
            Cover((seen == period) & (value == 1 << self.width), "a period of one is over"),
            Cover((seen == period) & (value == 3), "a period of a value in between is over"),
        ]
        return m


def specs() -> dict[str, Elaboratable]:
    return {
        "sng_w4": SngSpec(width=4, lanes=1),
        "sng_w8": SngSpec(width=8, lanes=4),
        "sng_counter": SngPeriodSpec(width=4, lfsr=False),
        "sng_lfsr": SngPeriodSpec(width=4, lfsr=True),
        "sng_fault": SngSpec(width=4, lanes=1, fault=True),
    }
