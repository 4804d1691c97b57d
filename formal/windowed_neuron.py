"""What is proved of the windowed neuron."""

from amaranth import Elaboratable, Module, Mux, Signal, signed
from amaranth.hdl import Assert, Cover

from driven import follows_definition
from faults import Planted
from properties import drive, held, observe, stall
from spikewright_hw.definition import integers
from spikewright_hw.fixed import Format
from spikewright_hw.stochastic.neuron.windowed_neuron import PRESETS, WindowedNeuron


class WindowedNeuronSpec(Elaboratable):
    """Each window of counts makes one step, of the current that its sum stands for.

    Beside the core runs a sum that is wider than it can get, and, unless ``step`` is false, the
    definition's step. The planted fault inverts the spike of a result that has stalled.
    """

    def __init__(self, dut: WindowedNeuron, *, step: bool = True, fault: bool = False):
        self.dut = dut
        self.step = step
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        fixed, form = dut.fixed, dut.fixed.format
        i = drive(m, dut.i)
        stall(m, dut.o)
        o = observe(dut.o)
        if self.fault:
            stalled = Signal()
            m.d.sync += stalled.eq(o.valid & ~o.ready)
            o.payload = o.payload ^ stalled
        held(m, o, name="result")

        # The sum of a window, and the current that it stands for.
        total = Signal(signed(len(dut.sum) + 2))
        seen = Signal(range(dut.length + 1))
        sum_now = total + i.payload.as_signed()
        full = i.transfers & (seen == dut.length - 1)
        with m.If(i.transfers):
            m.d.sync += [total.eq(Mux(full, 0, sum_now)), seen.eq(Mux(full, 0, seen + 1))]
        if dut.shift >= 0:
            scaled = sum_now * (1 << dut.shift)
        else:
            scaled = ((sum_now * 2 >> -dut.shift) + 1) >> 1
        current = Signal(signed(form.width + 1))
        with m.If(full):
            m.d.sync += current.eq(
                Mux(scaled > form.max, form.max, Mux(scaled < form.min, form.min, scaled))
            )
        half = 1 << (len(i.payload) - 1)
        m.d.comb += [
            Assert(dut.sum == total, "the sum never wraps"),
            Assert(dut.seen == seen, "the counts of a window are counted"),
            Assert(seen < dut.length, "no window is longer"),
            Assert(
                (total <= seen * (half - 1)) & (total >= -(seen * half)),
                "the sum is no more than its counts can make",
            ),
        ]

        # One step for each window.
        step = observe(dut.neuron.i)
        owed, offered = Signal(), Signal()
        with m.If(full):
            m.d.sync += owed.eq(1)
        with m.Elif(step.transfers):
            m.d.sync += owed.eq(0)
        with m.If(step.transfers):
            m.d.sync += offered.eq(1)
        with m.Elif(o.ready):
            m.d.sync += offered.eq(0)
        inside = Signal(range(4))
        m.d.sync += inside.eq(inside + full - o.transfers)
        m.d.comb += [
            Assert(step.valid == owed, "there is a step for each window, and no other"),
            Assert(~owed | (dut.neuron.i.payload == current), "a step's current is the window's"),
            Assert(~full | ~owed | step.transfers, "no step is overwritten"),
            Assert(o.valid == offered, "there is a result for each step, and no other"),
            Assert(inside == owed + offered, "windows and results are as many"),
            Assert(i.ready | ~o.ready, "a count is taken whenever results are: nothing locks up"),
            Cover(full & owed, "a window ends while the step of the last one is taken"),
        ]

        # The step is the definition's.
        if not self.step:
            return m
        (name,) = fixed.definition.inputs
        exact = follows_definition(
            m, fixed,
            states={name: dut.o.payload[name] for name in fixed.formats},
            start=integers.start(fixed),
            inputs={name: dut.neuron.i.payload},
            vectors={},
            done=step.transfers,
        )
        spike = Signal()
        with m.If(step.transfers):
            m.d.sync += spike.eq(exact["spike"])
        m.d.comb += [
            Assert(
                ~o.valid | (dut.o.payload.spike == spike),
                "the neuron spikes exactly when the definition's comparison holds",
            ),
            Cover(o.transfers & dut.o.payload.spike, "the neuron spikes"),
        ]
        return m


def specs() -> dict[str, Elaboratable]:
    lif = PRESETS["lif_n256"]
    short = {"count_width": 4, "length": 4, "format": Format(4, 1), "threshold": 3.0}
    return {
        "windowed_neuron_n16": WindowedNeuronSpec(WindowedNeuron(**PRESETS["n16"])),
        "windowed_neuron_n256": WindowedNeuronSpec(WindowedNeuron(**lif), step=False),
        "windowed_neuron_lif": WindowedNeuronSpec(WindowedNeuron(**{**lif, "length": 4})),
        "windowed_neuron_left": WindowedNeuronSpec(WindowedNeuron(**short, shift=1)),
        "windowed_neuron_short": WindowedNeuronSpec(WindowedNeuron(**short)),
        "windowed_neuron_fault": Planted({
            "unsteady": (
                WindowedNeuronSpec(WindowedNeuron(**short), fault=True),
                ("result: a payload is held while it stalls",),
            ),
        }),
    }
