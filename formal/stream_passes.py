"""What is proved of the stream layer's passes: how many, and in how many cycles."""

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth import Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.hdl import Assert, Assume, Cover

from faults import Spec, plant
from properties import anything, drive, held, observe, stall
from spikewright_hw.engine.stream_lane import blocks
from spikewright_hw.engine.stream_layer import StreamLayer
from spikewright_hw.engine.streams import Encoding, Streams
from updates import check_updates

__all__ = [
    "ALL_PASSES", "CLEAR", "CYCLES", "TOLD", "Contents", "Short", "Steps",
    "StreamLayerContractSpec",
]


class Short(Streams):
    """Streams that are shorter than an engine takes: a proof needs no longer ones."""

    def __init__(self, *, length: int = 4, encoding: Encoding = "sign_magnitude"):
        for name, value in (("length", length), ("source", "counter"), ("encoding", encoding)):
            object.__setattr__(self, name, value)


#: What the core assumes of whoever clears it.
CLEAR = "stream layer: clear only while it is empty"

ALL_PASSES = "a step makes as many passes as a stream has bits"
TOLD = "each spike is told once, whatever the length"
CYCLES = "a step takes exactly the cycles promised"


class Contents(Elaboratable):
    """Whether a step is inside a stream layer, or waits at its output."""

    def __init__(self, dut: StreamLayer):
        self.dut = dut
        self.inside = Signal()

    def elaborate(self, platform) -> Module:
        m = Module()
        with m.If(self.dut.i.valid & self.dut.i.ready):
            m.d.sync += self.inside.eq(1)
        with m.Elif(self.dut.o.valid & self.dut.o.ready):
            m.d.sync += self.inside.eq(0)
        return m


class Steps:
    """The core in its environment: a step from its bitmap to its output.

    Assumes of ``clear`` that the layer is empty when it is high, as the core's docstring says.
    """

    def __init__(self, m: Module, dut: StreamLayer):
        m.submodules.dut = dut
        self.i = drive(m, dut.i)
        stall(m, dut.o)
        self.o = observe(dut.o)
        m.submodules.contents = contents = Contents(dut)
        self.inside = contents.inside
        m.d.comb += [dut.clear.eq(anything(1)), Assume(~dut.clear | ~self.inside, CLEAR)]


@dataclass(frozen=True)
class Passing:
    """The core's steps, and beside it: what a step asks for, and how far it is."""

    steps: Steps
    rows: int
    busy: Signal
    passed: Signal
    passes: Signal
    spikes: Sequence[Signal]


class StreamLayerContractSpec(Spec):
    """A step makes exactly as many passes as a stream has bits, and takes the cycles promised.

    Bitmaps are any at all, and so are weights and states as far as this is concerned. A planted
    fault is a wrong pass, a spike that is not told, or an output that comes early or late, or is
    withdrawn or changed while it stalls; a step that is taken while another is inside, or a gap in
    the neurons' update.
    """

    def __init__(self, dut: StreamLayer):
        self.dut = dut

    @property
    def around(self) -> int:
        """Cycles of a step besides those of its passes."""
        return self.dut.share + self.dut.stages + 7

    def surround(self, m: Module) -> Passing:
        dut = self.dut
        steps = Steps(m, dut)
        i, o = steps.i, steps.o

        # Model: what the bitmap asks for.
        length = dut.streams.length
        rows = blocks(dut.layer, lanes=dut.lanes)
        bits = [Cat(i.payload[row] for row in block) for block in rows]
        spiking: Value = Const(len(rows))
        if dut.streams.encoding != "bipolar":
            spiking = sum((part.any() for part in bits), start=Const(0))
        busy = Signal(range(len(rows) + 1))
        spikes = [Signal(range(len(dut.layer.rows) + 1), name=f"spikes_{at}") for at in range(2)]
        ends = dut.layer.inputs, len(dut.layer.rows)
        with m.If(i.transfers):
            m.d.sync += busy.eq(Mux(spiking == 0, 1, spiking))
            for count, (begin, end) in zip(spikes, ((0, ends[0]), ends), strict=True):
                m.d.sync += count.eq(sum((i.payload[at] for at in range(begin, end)), Const(0)))

        # Ghosts: cycles since the bitmap came, where in its pass the step is, and passes.
        passed = Signal(range(length * len(rows) + self.around + 2))
        at, passes = Signal(range(len(rows))), Signal(range(length + 1))
        begun = passed >= 4  # the first block is at the lanes
        with m.If(i.transfers):
            m.d.sync += [passed.eq(1), at.eq(0), passes.eq(0)]
        with m.Elif(steps.inside & ~o.valid):
            m.d.sync += passed.eq(passed + 1)
            with m.If(begun & (passes != length)):
                m.d.sync += at.eq(at + 1)
                with m.If(at == busy - 1):
                    m.d.sync += [at.eq(0), passes.eq(passes + 1)]
        return Passing(steps, len(rows), busy, passed, passes, spikes)

    def check(self, m: Module, seen: Passing, fault: str) -> None:
        dut, steps, busy = self.dut, seen.steps, seen.busy
        passed, passes, spikes = seen.passed, seen.passes, seen.spikes
        length, rows = dut.streams.length, seen.rows
        around = self.around
        i, o = steps.i, observe(dut.o)
        plant(m, o, fault)
        ready = dut.i.ready | (fault == "greedy")
        made = dut.passes ^ ((fault == "pass") & (passes == length - 1))
        last = Mux((fault == "missed") & dut.o.valid, length - 1, dut.passes)
        valid = dut.o.valid & (fault != "late") | (fault == "early")

        # Spikes that the core told of the step.
        told = [Signal.like(count, name=f"told_{at}") for at, count in enumerate(spikes)]
        ports = Mux(fault == "told", 0, dut.arriving), dut.returning
        for count, port in zip(told, ports, strict=True):
            with m.If(i.transfers):
                m.d.sync += count.eq(0)
            with m.Else():
                m.d.sync += count.eq(count + port)

        # Properties.
        held(m, o, name="step")
        check_updates(
            m, close=dut.closing, update=dut.updating, turn=dut.turn,
            last=dut.share + dut.stages - 2, fault=fault,
        )
        m.d.comb += Assert(ready == ~steps.inside, "a step is taken when no other is inside")
        with m.If(valid):
            m.d.comb += [
                Assert(steps.inside, "no output without a step"),
                Assert(last == length, ALL_PASSES),
                Assert((told[0] == spikes[0]) & (told[1] == spikes[1]), TOLD),
                Assert(passed == _times(busy, length, rows) + around, CYCLES),
            ]
        with m.Elif(steps.inside):
            m.d.comb += Assert(
                passed < _times(busy, length, rows) + around, "the output is not kept back"
            )
        with m.If(steps.inside):
            m.d.comb += Assert(made == passes, "a pass goes over each block once, one a cycle")

        # Witnesses.
        m.d.comb += [
            Cover(o.transfers & (busy == rows), "a step goes over all blocks"),
            Cover(o.transfers & (told[0] == 0), "a step without a spike gives an output, too"),
        ]


def _times(value: Value, constant: int, greatest: int) -> Value:
    """Return a product with a constant, without a multiplier."""
    result: Value = Const(constant)
    for at in range(2, greatest + 1):
        result = Mux(value == at, at * constant, result)
    return result
