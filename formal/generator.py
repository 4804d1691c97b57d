"""What is proved of every number generator."""

from collections.abc import Callable, Mapping
from typing import Any

from amaranth import Elaboratable, Module, Mux, Signal, Value
from amaranth.hdl import Assert, Cover

from faults import Planted, plant, stream_faults
from properties import InOrder, Observed, anything, drive, held, observe, stall
from spikewright_hw.stochastic.number.generator import Generator
from spikewright_hw.stochastic.source.lfsr import Lfsr

__all__ = ["ONE", "ZERO", "GeneratorSpec", "PeriodSpec", "generator_faults"]

ZERO = "a value of zero makes no one"
ONE = "a value of one makes nothing but ones"


class GeneratorSpec(Elaboratable):
    """Each number gives one bit a lane, the one due for its number and value, in order.

    With a ``latency`` of 2, a number waits for a cycle before it meets the values.

    Parameters
    ----------
    dut : Generator
        The core.
    due : callable
        Gives the payload that a number makes of the values at the port.
    ends : dict
        Names of the values at the ends and in between, and conditions on the value of lane 0.
        ``zero`` makes no one, ``one`` nothing but ones; of any other, a one is seen to come.
    first : int
        Which bit of a payload is lane 0's random one.
    fault : str
        ``zero`` and ``one``, the wrong bit for a value at this end, or one of
        :func:`~faults.stream_faults`.
    """

    def __init__(
        self,
        dut: Generator,
        *,
        due: Callable[[Value, Any], Value],
        ends: dict[str, Callable[[Any], Value]],
        first: int = 0,
        latency: int = 1,
        fault: str = "",
    ):
        self.dut = dut
        self.due = due
        self.ends = ends
        self.first = first
        self.latency = latency
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        m.d.comb += Value.cast(dut.values).eq(anything(Value.cast(dut.values).shape()))
        i = drive(m, dut.i)
        stall(m, dut.o)
        o = observe(dut.o)

        # What is made into bits in this cycle.
        number = Signal(dut.width)
        made = Signal()
        if self.latency == 2:
            waiting, waits = Signal(dut.width), Signal()
            with m.If(i.ready):
                m.d.sync += [waiting.eq(i.payload), waits.eq(i.valid)]
            m.d.comb += [number.eq(waiting), made.eq(waits & i.ready)]
        else:
            m.d.comb += [number.eq(i.payload), made.eq(i.transfers)]

        plant(m, o, self.fault)
        if self.fault in self.ends:
            wrong = Signal()
            with m.If(made):
                m.d.sync += wrong.eq(self.ends[self.fault](dut.values[0]))
            o.payload = o.payload ^ (wrong << self.first)
        expected = Signal(o.payload.shape())
        m.d.comb += expected.eq(self.due(number, dut.values))
        held(m, o, name="bits")
        m.submodules.in_order = InOrder(
            i=Observed(payload=number, valid=made, ready=1),
            o=o,
            expected=expected,
            capacity=1,
            latency=1,
            name="bits",
        )

        # For the last number that was made into bits.
        bit = o.payload[self.first]
        for name, holds in self.ends.items():
            last = Signal(name=f"last_{name}")
            with m.If(made):
                m.d.sync += last.eq(holds(dut.values[0]))
            with m.If(o.valid & last):
                if name == "zero":
                    m.d.comb += Assert(~bit, ZERO)
                elif name == "one":
                    m.d.comb += Assert(bit, ONE)
                m.d.comb += Cover(bit == (name != "zero"), f"a bit of the value {name} comes")
        return m


class PeriodSpec(Elaboratable):
    """Over a period of the source, a value makes exactly as many ones as it should.

    The value is one of all, chosen before the run and kept. Once with a counter as the source,
    which shows each number once, and once with an LFSR, which leaves out zero. A bounded check of
    one period is complete. The planted fault is one wrong bit.

    Parameters
    ----------
    dut : Generator
        The core, with one lane of bits.
    ones : callable
        Gives the ones due in a period for a value.
    legal : callable
        Says whether a value is in range.
    lfsr : bool
        Whether the source is an LFSR.
    """

    def __init__(
        self,
        dut: Generator,
        *,
        ones: Callable[[Value], Value],
        legal: Callable[[Value], Value] = lambda value: Value.cast(1),
        lfsr: bool,
        fault: str = "",
    ):
        self.fault = fault
        self.dut = dut
        self.ones = ones
        self.legal = legal
        self.lfsr = lfsr

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        shape = Value.cast(dut.values[0]).shape()
        chosen = Signal(shape)
        value = Signal(shape)
        started = Signal()
        m.d.comb += chosen.eq(anything(shape))
        m.d.sync += started.eq(1)
        with m.If(~started):
            m.d.sync += value.eq(Mux(self.legal(chosen), chosen, 0))
        m.d.comb += [
            dut.values[0].eq(value),
            dut.i.valid.eq(started),
            dut.o.ready.eq(1),
        ]
        if self.lfsr:
            m.submodules.source = source = Lfsr(width=dut.width)
            period = (1 << dut.width) - 1
            m.d.comb += [dut.i.payload.eq(source.state), source.enable.eq(started)]
        else:
            period = 1 << dut.width
            count = Signal(dut.width)
            m.d.sync += count.eq(count + started)
            m.d.comb += dut.i.payload.eq(count)

        due = self.ones(value)
        seen = Signal(range(period + 1))
        ones = Signal(range(period + 1))
        bit = dut.o.payload ^ ((seen == 1) & (self.fault == "period"))
        with m.If(dut.o.valid & (seen != period)):
            m.d.sync += [seen.eq(seen + 1), ones.eq(ones + bit)]
        with m.If(seen == period):
            m.d.comb += [
                Assert(ones == due, "a period holds the value's number of ones"),
                Cover(ones == 0, "a period without a one is over"),
                Cover(ones == 3, "a period of a value in between is over"),
                Cover(ones + 1 >= period, "a period of a value at the upper end is over"),
            ]
        return m


def generator_faults(
    spec: Callable[[str], GeneratorSpec],
    period: Callable[[str], PeriodSpec],
    *,
    ends: Mapping[str, str],
) -> Planted:
    """Plant each fault of a generator; ``period`` is of a generator of three bits.

    ``ends`` are the properties that say what is made of the values at the ends.
    """
    owed = "bits: each payload is the one owed"
    found: dict[str, tuple[str, ...]] = {fault: (said, owed) for fault, said in ends.items()}
    for fault, red in stream_faults("bits").items():
        wrong = fault in ("content", "unsteady", "invented")  # at any value
        found[fault] = (*red, *ends.values()) if wrong else red
    planted = Planted.each(spec, found)
    planted.plant("period", period("period"), ("a period holds the value's number of ones",))
    return planted
