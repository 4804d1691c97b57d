"""What is proved of the feedback of a recurrent layer."""

from amaranth import Cat, Elaboratable, Module, Mux, Signal
from amaranth.hdl import Assert, Assume, Cover

from faults import Planted
from properties import anything, drive, held, observe, stall
from spikewright_hw.engine.feedback import Feedback

#: Cycles that the layer of the proof takes at most; any number would do.
SLOWEST = 3


class FeedbackSpec(Elaboratable):
    """Each step passes once, with the spikes of the step before, and none waits for good.

    Assumes of the layer that it answers each step once, within a few cycles, and of ``clear`` that
    it is high only between inferences, as the core's docstring says. The planted fault is a step
    that does not wait for the spikes of the one before.
    """

    def __init__(self, *, inputs: int, neurons: int, fault: bool = False):
        self.inputs = inputs
        self.neurons = neurons
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = Feedback(inputs=self.inputs, neurons=self.neurons)
        i = drive(m, dut.i)
        stall(m, dut.o)
        o = observe(dut.o)
        answers, spikes = anything(1), anything(self.neurons)
        clear = anything(1)
        m.d.comb += [
            dut.i_spikes.valid.eq(answers), dut.i_spikes.payload.eq(spikes), dut.clear.eq(clear)
        ]
        if self.fault:
            o.valid = i.valid

        # Environment: the layer, and what is between inferences.
        inside = Signal()  # a step that has passed, and that the layer has not answered
        since = Signal(range(SLOWEST + 1))  # when it passed
        m.d.sync += inside.eq((inside & ~answers) | o.transfers)
        m.d.sync += since.eq(Mux(inside & ~answers, since + 1, 0))
        m.d.comb += Assume(~answers | inside, "the layer answers a step that has passed")
        with m.If(inside & (since == SLOWEST)):
            m.d.comb += Assume(answers, "the layer answers in time")
        with m.If(clear):
            m.d.comb += Assume(~inside & ~i.valid, "clear only between inferences")

        # Model: what the layer said last.
        before = Signal(self.neurons)
        with m.If(answers):
            m.d.sync += before.eq(spikes)
        with m.Elif(clear):
            m.d.sync += before.eq(0)

        # Properties.
        held(m, o, name="step")
        m.d.comb += [
            Assert(dut.i_spikes.ready, "the layer's spikes are taken at once"),
            Assert(i.transfers == o.transfers, "a step comes and goes in the same cycle"),
            Assert(o.valid == (i.valid & ~inside), "a step waits for the spikes before it alone"),
        ]
        with m.If(o.valid):
            m.d.comb += Assert(
                o.payload == Cat(i.payload, before), "a step has the spikes of the one before"
            )
        waited = Signal(range(SLOWEST + 3))
        m.d.sync += waited.eq(Mux(i.valid & dut.o.ready & ~o.transfers, waited + 1, 0))
        m.d.comb += [
            Assert(waited <= SLOWEST + 1, "no step waits for good"),
            Assert(since <= SLOWEST, "the layer's time is in range"),
            Cover(o.transfers & before.all(), "a step passes with all spikes of the one before"),
            Cover(o.transfers & (waited == SLOWEST), "a step passes that has waited long"),
            Cover(clear & before.any(), "spikes are cleared"),
        ]
        return m


def specs() -> dict[str, Elaboratable]:
    return {
        "feedback_i5_n3": FeedbackSpec(inputs=5, neurons=3),
        "feedback_i12_n16": FeedbackSpec(inputs=12, neurons=16),
        "feedback_fault": Planted({
            "stale": (
                FeedbackSpec(inputs=5, neurons=3, fault=True),
                (
                    "a step comes and goes in the same cycle",
                    "a step waits for the spikes before it alone",
                ),
            ),
        }),
    }
