"""What is proved of the feedback of a recurrent layer."""

from amaranth import Cat, Elaboratable, Module, Mux, Signal
from amaranth.hdl import Assert, Assume, Cover

from faults import Planted
from properties import anything, drive, held, observe, stall
from spikewright_hw.engine.feedback import Feedback

#: What the core assumes of whoever clears it, and of the layer.
CLEAR = "feedback: clear only between inferences"
ANSWERS = "feedback: the layer answers a step that has passed"

WAITS = "a step waits for the spikes before it alone"
SAME = "a step comes and goes in the same cycle"
BEFORE = "a step has the spikes of the one before"


class Contents(Elaboratable):
    """Whether a step has passed a feedback that its layer has not answered (``inside``).

    The core is ``empty`` if there is none, nor an input, nor a step of which bit planes are to
    come. ``joins`` is high for the last plane of a step.
    """

    def __init__(self, dut: Feedback):
        self.dut = dut
        self.inside = Signal()
        self.empty = Signal()
        self.plane = Signal(range(dut.planes))
        self.joins = self.plane == dut.planes - 1

    def elaborate(self, platform) -> Module:
        m = Module()
        i, o, answers = self.dut.i, self.dut.o, self.dut.i_spikes.valid
        passes = o.valid & o.ready
        m.d.sync += self.inside.eq((self.inside & ~answers) | (passes & self.joins))
        with m.If(passes):
            m.d.sync += self.plane.eq(Mux(self.joins, 0, self.plane + 1))
        m.d.comb += self.empty.eq(~self.inside & ~i.valid & (self.plane == 0))
        return m


class FeedbackSpec(Elaboratable):
    """Each step passes once, with the spikes of the step before, and waits for nothing else.

    Where a step is several bit planes, its last one has the spikes and waits for them, and the
    others do not.

    Assumes of the layer that it answers only steps that have passed, however late, and of ``clear``
    that it is high only between inferences, as the core's docstring says. That a layer does answer,
    and within which time, is proved of the layers and of the engines. A planted fault is a
    step that does not wait for the spikes of the one before, or waits for good after a third; that
    changes or is withdrawn while it stalls; that comes without them; or spikes that are not taken.
    """

    def __init__(self, *, inputs: int, neurons: int, planes: int = 1, fault: str = ""):
        self.inputs = inputs
        self.neurons = neurons
        self.planes = planes
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = Feedback(
            inputs=self.inputs, neurons=self.neurons, planes=self.planes
        )
        i = drive(m, dut.i)
        stall(m, dut.o)
        o = observe(dut.o)
        answers, spikes = anything(1), anything(self.neurons)
        clear = anything(1)
        m.d.comb += [
            dut.i_spikes.valid.eq(answers), dut.i_spikes.payload.eq(spikes), dut.clear.eq(clear)
        ]
        stalled = Signal()
        m.d.sync += stalled.eq(o.valid & ~o.ready)
        if self.fault == "early":
            o.valid = i.valid
        elif self.fault == "withdrawn":
            o.valid = o.valid & ~stalled
        elif self.fault == "unsteady":
            o.payload = o.payload ^ stalled
        elif self.fault == "stale":
            o.payload = o.payload[: self.inputs]
        taken = dut.i_spikes.ready & (self.fault != "deaf")

        # Environment: the layer, and what is between inferences.
        m.submodules.contents = contents = Contents(dut)
        inside, joins = contents.inside, contents.joins
        m.d.comb += [Assume(~answers | inside, ANSWERS), Assume(~clear | contents.empty, CLEAR)]

        # Model: what the layer said last.
        before = Signal(self.neurons)
        with m.If(answers):
            m.d.sync += before.eq(spikes)
        with m.Elif(clear):
            m.d.sync += before.eq(0)

        # Properties.
        held(m, o, name="step")
        m.d.comb += [
            Assert(taken, "the layer's spikes are taken at once"),
            Assert(i.transfers == o.transfers, SAME),
            Assert(o.valid == (i.valid & ~(inside & joins)), WAITS),
        ]
        with m.If(o.valid):
            m.d.comb += Assert(o.payload == Cat(i.payload, Mux(joins, before, 0)), BEFORE)
        waited = Signal(range(4))
        m.d.sync += waited.eq(Mux(i.valid & ~o.transfers & (waited != 3), waited + 1, 0))
        m.d.comb += [
            Cover(
                o.transfers & joins & before.all(),
                "a step passes with all spikes of the one before",
            ),
            Cover(o.transfers & (waited == 3), "a step passes that has waited long"),
            Cover(clear & before.any(), "spikes are cleared"),
        ]
        return m


def specs() -> dict[str, Elaboratable]:
    return {
        "feedback_i5_n3": FeedbackSpec(inputs=5, neurons=3),
        "feedback_i12_n16": FeedbackSpec(inputs=12, neurons=16),
        "feedback_i4_n3_p3": FeedbackSpec(inputs=4, neurons=3, planes=3),
        "feedback_fault": Planted.each(
            lambda fault: FeedbackSpec(inputs=5, neurons=3, fault=fault),
            {
                "early": (WAITS, SAME, "step: a payload is held while it stalls"),
                "withdrawn": (WAITS, SAME, "step: an offer is not withdrawn while it stalls"),
                "unsteady": (BEFORE, "step: a payload is held while it stalls"),
                "stale": (BEFORE,),
                "deaf": ("the layer's spikes are taken at once",),
            },
        ),
    }
