"""What is proved of every source whose numbers are known by their index."""

from collections.abc import Callable

from amaranth import Elaboratable, Module, Mux, Signal, Value
from amaranth.hdl import Assert, Cover

from faults import Planted
from properties import anything
from spikewright_hw.stochastic.source.source import Source

__all__ = ["SourcePeriodSpec", "SourceSpec", "seen_through", "source_faults"]

NUMBER = "each number is that of its index"


def seen_through(
    fault: str, dut: Source, *, running: Value, reseed: Value, enable: Value
) -> Value:
    """Return a source's state with its bit 0 inverted where a fault is planted, or as it is.

    The faults are ``reset``, ``seed``, ``step`` and ``still``: after which of these it is seen as
    another; ``reseed`` and ``enable`` are those of the cycle before.
    """
    where = {
        "reset": ~running,
        "seed": running & reseed,
        "step": running & ~reseed & enable,
        "still": running & ~reseed & ~enable,
    }
    return dut.state ^ where.get(fault, 0)


class SourceSpec(Elaboratable):
    """Each number is that of its index, from the first on, whatever the inputs.

    A subclass says in :meth:`owed` which number that is. A planted fault lets numbers be seen as
    others: after reset, a seed, a step, or without a step.
    """

    def __init__(self, dut: Source, *, fault: str = ""):
        self.dut = dut
        self.fault = fault

    def owed(self, m: Module, first: Signal, *, step: Value, restart: Value) -> Value:
        """Return the number owed, some ``step`` cycles after the last ``restart`` at ``first``."""
        raise NotImplementedError(f"{type(self).__name__} does not say what is owed")

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        m.d.comb += [
            dut.enable.eq(anything(1)),
            dut.reseed.eq(anything(1)),
            dut.seed.eq(anything(dut.width)),
        ]
        running = Signal()  # low in the first cycle after reset, which has no past
        before = Signal(dut.width, init=dut.init)
        first = Signal(dut.width, init=dut.init)
        enable, reseed = Signal(), Signal()
        m.d.sync += [
            running.eq(1),
            before.eq(dut.state),
            enable.eq(dut.enable),
            reseed.eq(dut.reseed),
        ]
        with m.If(dut.reseed):
            m.d.sync += first.eq(dut.seed)
        state = seen_through(self.fault, dut, running=running, reseed=reseed, enable=enable)
        owed = self.owed(m, first, step=dut.enable & ~dut.reseed, restart=dut.reseed)

        m.d.comb += Assert(state == owed, NUMBER)
        with m.If(~running):
            m.d.comb += Assert(state == dut.init, "reset gives the first number")
        with m.Elif(reseed):
            m.d.comb += [
                Assert(state == first, "a seed is loaded"),
                Cover(enable & (first != 0), "a seed is loaded in spite of enable"),
            ]
        with m.Elif(~enable):
            m.d.comb += Assert(state == before, "without enable the number holds")
        with m.Else():
            m.d.comb += Cover(state != before, "a step gives another number")
        return m


class SourcePeriodSpec(Elaboratable):
    """Enabled all the time, a period has each number as often as ``times`` says.

    The number is one of all, chosen before the run and kept. A bounded check of one period is
    complete. A planted fault is another number in the middle of the period, or after it.
    """

    def __init__(self, dut: Source, *, times: list[int], fault: str = ""):
        self.dut = dut
        self.times = times
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        m.d.comb += dut.enable.eq(1)
        anyone = anything(dut.width)
        chosen = Signal(dut.width)
        started = Signal()
        period = sum(self.times)
        steps = Signal(range(period + 1))
        seen = Signal(range(period + 1))
        again = Signal()
        state = dut.state ^ {"middle": steps == 2, "again": again}.get(self.fault, 0)
        number = Mux(started, chosen, anyone)
        m.d.sync += [started.eq(1), chosen.eq(number)]
        with m.If(steps != period):
            m.d.sync += [steps.eq(steps + 1), seen.eq(seen + (state == number))]
        owed = Signal(range(period + 1))
        with m.Switch(chosen):
            for value, times in enumerate(self.times):
                with m.Case(value):
                    m.d.comb += owed.eq(times)
        with m.If(steps == period):
            m.d.comb += Assert(seen == owed, "a period has the number as often as is owed")
        m.d.sync += again.eq(steps == period - 1)
        with m.If(again):
            m.d.comb += Assert(state == dut.init, "after a period comes the first number")
        m.d.comb += Cover((steps == period) & (chosen == 3), "a period with the number 3 is over")
        return m


def source_faults(
    spec: Callable[[str], SourceSpec], period: Callable[[str], SourcePeriodSpec]
) -> Planted:
    """Plant each fault of a source; ``period`` is of a source of three bits."""
    planted = Planted.each(
        spec,
        {
            "reset": (NUMBER, "reset gives the first number"),
            "seed": (NUMBER, "a seed is loaded"),
            "step": (NUMBER,),
            "still": (NUMBER, "without enable the number holds"),
        },
    )
    often = "a period has the number as often as is owed"
    planted.plant("middle", period("middle"), (often,))
    planted.plant("again", period("again"), ("after a period comes the first number",))
    return planted
