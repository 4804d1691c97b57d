"""What is proved of the LFSR."""

from amaranth import Cat, Const, Elaboratable, Module, Mux, Signal
from amaranth.hdl import Assert, Cover

from faults import Planted
from properties import anything
from source import seen_through
from spikewright_hw.stochastic.source.lfsr import TAPS, Lfsr

NEVER_ZERO = "the state is never zero"


class LfsrSpec(Elaboratable):
    """From one state to the next, whatever the inputs.

    A planted fault lets a state be seen as another: after reset, a seed, a step, or without a step;
    or one in the middle of the orbit as zero.
    """

    def __init__(self, *, width: int, fault: str = ""):
        self.width = width
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = Lfsr(width=self.width)
        m.d.comb += [
            dut.enable.eq(anything(1)),
            dut.reseed.eq(anything(1)),
            dut.seed.eq(anything(self.width)),
        ]
        running = Signal()  # low in the first cycle after reset, which has no past
        before = Signal(self.width, init=dut.init)
        enable, reseed = Signal(), Signal()
        seed = Signal(self.width)
        m.d.sync += [
            running.eq(1),
            before.eq(dut.state),
            enable.eq(dut.enable),
            reseed.eq(dut.reseed),
            seed.eq(dut.seed),
        ]
        mask = Const(sum(1 << (tap - 1) for tap in TAPS[self.width]), self.width)
        stepped = Cat((before & mask).xor(), before)[: self.width]

        middle = 1 << (self.width // 2)
        state = seen_through(self.fault, dut, running=running, reseed=reseed, enable=enable)
        if self.fault == "zero":
            state = Mux(state == middle, 0, state)

        m.d.comb += Assert(state != 0, NEVER_ZERO)
        with m.If(~running):
            m.d.comb += Assert(state == dut.init, "reset gives the initial state")
        with m.Elif(reseed):
            m.d.comb += [
                Assert(state == seed | 1, "a seed is loaded with its bit 0 set"),
                Cover(seed == 0, "a seed of zero is loaded"),
            ]
        with m.Elif(enable):
            m.d.comb += [
                Assert(state == stepped, "a step follows the polynomial"),
                Cover(before[-1] & stepped[0], "a step feeds a one back"),
            ]
        with m.Else():
            m.d.comb += Assert(state == before, "without enable the state holds")
        return m


class LfsrPeriodSpec(Elaboratable):
    """Enabled all the time, the state comes back after ``2**width - 1`` steps and not before.

    Nothing is left open, so a bounded check over one period is complete. The planted fault is the
    first state in the middle of the period.
    """

    def __init__(self, *, width: int, fault: str = ""):
        self.width = width
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = Lfsr(width=self.width)
        m.d.comb += dut.enable.eq(1)
        period = (1 << self.width) - 1
        steps = Signal(range(period + 1))
        m.d.sync += steps.eq(Mux(steps == period, 1, steps + 1))
        first = (steps == 0) | (steps == period)
        state = Mux((steps == 3) & (self.fault == "period"), dut.init, dut.state)
        m.d.comb += [
            Assert((state == dut.init) == first, "the period is maximal"),
            Cover(steps == period, "a period is over"),
        ]
        return m


def planted(fault: str) -> Elaboratable:
    return LfsrPeriodSpec(width=5, fault=fault) if fault == "period" else LfsrSpec(
        width=8, fault=fault
    )


def specs() -> dict[str, Elaboratable]:
    return {
        "lfsr_w8": LfsrSpec(width=8),
        "lfsr_w16": LfsrSpec(width=16),
        "lfsr_period": LfsrPeriodSpec(width=5),
        "lfsr_fault": Planted.each(
            planted,
            {
                "zero": (
                    NEVER_ZERO, "a step follows the polynomial", "without enable the state holds",
                ),
                "reset": (NEVER_ZERO, "reset gives the initial state"),
                "seed": (NEVER_ZERO, "a seed is loaded with its bit 0 set"),
                "step": (NEVER_ZERO, "a step follows the polynomial"),
                "still": (NEVER_ZERO, "without enable the state holds"),
                "period": ("the period is maximal",),
            },
        ),
    }
