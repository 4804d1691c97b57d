"""What is proved of the windowed neuron."""

from amaranth import Const, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.hdl import Assert, Cover

from driven import follows_definition
from faults import Spec, Through, plant
from properties import Observed, drive, held, observe, stall
from spikewright_hw.definition import integers
from spikewright_hw.fixed import Format
from spikewright_hw.stochastic.neuron.windowed_neuron import PRESETS, WindowedNeuron

SUM = "the sum never wraps"
BOUND = "the sum is no more than its counts can make"
COUNTED = "the counts of a window are counted"
STEPS = "there is a step for each window, and no other"
RESULTS = "there is a result for each step, and no other"
AS_MANY = "windows and results are as many"
SPIKES = "the neuron spikes exactly when the definition's comparison holds"


class WindowedNeuronSpec(Spec):
    """Each window of counts makes one step, of the current that its sum stands for.

    Beside the core runs a sum that is wider than it can get, and, unless ``step`` is false, the
    definition's step. A planted fault is a wrong sum, count, current or spike; a step or a result
    that is lost; a result that changes or is withdrawn while it stalls; a core that takes no
    counts; or one of :func:`~driven.follows_definition`.
    """

    def __init__(self, dut: WindowedNeuron, *, step: bool = True):
        self.dut = dut
        self.step = step

    def surround(self, m: Module) -> Observed:
        m.submodules.dut = dut = self.dut
        stall(m, dut.o)
        return drive(m, dut.i)

    def check(self, m: Module, seen: Observed, fault: str) -> None:
        dut, i = self.dut, seen
        o, offers = observe(dut.o), observe(dut.o)
        plant(m, offers, fault)
        held(m, offers, name="result")
        sum_seen = {"off": dut.sum ^ 1, "beyond": Const(-1, signed(len(dut.sum) + 2))}
        the_sum = sum_seen.get(fault, dut.sum)
        count_seen = {"miscounted": dut.seen ^ 1, "longer": Mux(dut.i.valid, dut.length, dut.seen)}
        count = count_seen.get(fault, dut.seen)
        if fault == "never":
            o.valid = Const(0)

        # The sum of a window, and the current that it stands for.
        total = Signal(signed(len(dut.sum) + 2))
        counted = Signal(range(dut.length + 1))
        sum_now = total + i.payload.as_signed()
        full = i.transfers & (counted == dut.length - 1)
        with m.If(i.transfers):
            m.d.sync += [total.eq(Mux(full, 0, sum_now)), counted.eq(Mux(full, 0, counted + 1))]
        current = self._current(m, full, sum_now)
        half = 1 << (len(i.payload) - 1)
        m.d.comb += [
            Assert(the_sum == total, SUM),
            Assert(count == counted, COUNTED),
            Assert(count < dut.length, "no window is longer"),
            Assert(
                (the_sum <= counted * (half - 1)) & (the_sum >= -(counted * half)),
                BOUND,
            ),
        ]

        # One step for each window.
        step = observe(dut.neuron.i)
        given = step.payload ^ (fault == "current")
        ready = i.ready & (fault != "locked")
        overwritten = full & (fault == "overwritten")
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
            Assert(step.valid & (fault != "lost") == owed, STEPS),
            Assert(~owed | (given == current), "a step's current is the window's"),
            Assert(~full | ~owed | (step.transfers & ~overwritten), "no step is overwritten"),
            Assert(o.valid == offered, RESULTS),
            Assert(inside == owed + offered, AS_MANY),
            Assert(ready | ~o.ready, "a count is taken whenever results are: nothing locks up"),
            Cover(full & owed, "a window ends while the step of the last one is taken"),
        ]

        # The step is the definition's.
        if self.step:
            self._check_step(m, step, fault)

    def _current(self, m: Module, full: Value, total: Value) -> Signal:
        """Build the current that a sum stands for, rounded and clamped, once a window is full."""
        shift, form = self.dut.shift, self.dut.fixed.format
        scaled = total * (1 << shift) if shift >= 0 else ((total * 2 >> -shift) + 1) >> 1
        current = Signal(signed(form.width + 1))
        with m.If(full):
            m.d.sync += current.eq(
                Mux(scaled > form.max, form.max, Mux(scaled < form.min, form.min, scaled))
            )
        return current

    def _check_step(self, m: Module, step: Observed, fault: str) -> None:
        dut, fixed = self.dut, self.dut.fixed
        (name,) = fixed.definition.inputs
        exact = follows_definition(
            m, fixed,
            states={name: dut.o.payload[name] for name in fixed.formats},
            start=integers.start(fixed),
            inputs={name: dut.neuron.i.payload},
            vectors={},
            done=step.transfers,
            fault=fault,
        )
        said = dut.o.payload.spike ^ (fault == "spike")
        spike = Signal()
        with m.If(step.transfers):
            m.d.sync += spike.eq(exact["spike"])
        m.d.comb += [
            Assert(~dut.o.valid | (said == spike), SPIKES),
            Cover(observe(dut.o).transfers & dut.o.payload.spike, "the neuron spikes"),
        ]


def specs() -> dict[str, Elaboratable]:
    lif = PRESETS["lif_n256"]
    short = {"count_width": 4, "length": 4, "format": Format(4, 1), "threshold": 3.0}
    return {
        "windowed_neuron_n16": WindowedNeuronSpec(WindowedNeuron(**PRESETS["n16"])),
        "windowed_neuron_n256": WindowedNeuronSpec(WindowedNeuron(**lif), step=False),
        "windowed_neuron_lif": WindowedNeuronSpec(WindowedNeuron(**{**lif, "length": 4})),
        "windowed_neuron_left": WindowedNeuronSpec(WindowedNeuron(**short, shift=1)),
        "windowed_neuron_short": WindowedNeuronSpec(WindowedNeuron(**short)),
        "windowed_neuron_fault": Through(
            WindowedNeuronSpec(WindowedNeuron(**short)),
            {
                "off": (SUM, BOUND),
                "beyond": (SUM, BOUND),
                "miscounted": (COUNTED,),
                "longer": (COUNTED, "no window is longer"),
                "never": (RESULTS, AS_MANY),
                "unsteady": ("result: a payload is held while it stalls",),
                "withdrawn": ("result: an offer is not withdrawn while it stalls",),
                "current": ("a step's current is the window's",),
                "lost": (STEPS,),
                "overwritten": ("no step is overwritten",),
                "locked": ("a count is taken whenever results are: nothing locks up",),
                "v": ("v is the definition's, clamped into its range",),
                "range": ("v is the definition's, clamped into its range", "v is in its range"),
                "cut": ("no value in between wraps",),
                "spike": (SPIKES,),
            },
        ),
    }
