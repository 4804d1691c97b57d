"""What is proved of the bit rate."""

from amaranth import Elaboratable, Module, Mux, Signal
from amaranth.hdl import Assert, Cover

from faults import Planted
from properties import anything
from spikewright_hw.link.bit_rate import PRESETS, BitRate

KEPT = "the rate is the first one, or the last that was asked for and tried or kept"
BACK = "after its trial a rate at which nothing right came is the first one"
TRIAL = "a rate is on trial until something right comes, or its time is over"

#: Properties that each planted fault turns red.
FAULTS = {"other": (KEPT,), "stays": (KEPT, BACK), "ends": (TRIAL,)}


class BitRateSpec(Elaboratable):
    """A rate that is asked for holds at once; it stays if a right frame comes in time.

    Beside the core runs the time since a rate was asked for. The planted faults: another rate than
    that which was asked for, one that stays after its trial, a trial that ends at once.
    """

    def __init__(self, preset: str, *, fault: str = ""):
        self.options = PRESETS[preset]
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = BitRate(**self.options)
        first, most = self.options["divisor"], 1 << self.options["patience"]
        m.d.comb += [
            dut.wanted.eq(anything(self.options["bits"])),
            dut.change.eq(anything(1)),
            dut.right.eq(anything(1)),
        ]
        wanted, change, right = Signal.like(dut.wanted), Signal(), Signal()  # the cycle before
        m.d.sync += [wanted.eq(dut.wanted), change.eq(dut.change), right.eq(dut.right)]
        asked, kept = Signal.like(dut.wanted, init=first), Signal()
        since = Signal(range(most + 2))  # cycles of the trial that are over, and this one; or 0
        with m.If(change):
            m.d.sync += [asked.eq(wanted), since.eq(1), kept.eq(0)]
        with m.Elif(since != 0):
            m.d.sync += [since.eq(Mux(right | (since == most), 0, since + 1))]
            m.d.sync += kept.eq(right)
        cycles = dut.cycles ^ ((since == 1) & (self.fault == "other"))
        if self.fault == "stays":
            cycles = Mux(~kept & (since == 0), asked, cycles)
        trial = dut.trial & ~((since == 2) & (self.fault == "ends"))
        tried = since != 0
        m.d.comb += [
            Assert(cycles == Mux(tried | kept, asked, first), KEPT),
            Assert(tried | kept | (cycles == first), BACK),
            Assert(trial == tried, TRIAL),
            Cover(kept & (since == 0) & (dut.cycles != first), "a rate is kept"),
            Cover(~kept & (since == 0) & (asked != first), "a rate is given up"),
        ]
        return m


def specs() -> dict[str, Elaboratable]:
    return {
        "bit_rate_d4": BitRateSpec("d4_p3"),
        "bit_rate_d25": BitRateSpec("d25_p6"),
        "bit_rate_fault": Planted.each(lambda fault: BitRateSpec("d4_p3", fault=fault), FAULTS),
    }
