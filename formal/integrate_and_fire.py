"""What is proved of integrate-and-fire on bitstreams."""

from amaranth import Const, Elaboratable, Module, Mux, Signal, signed
from amaranth.hdl import Assert, Cover

from driven import follows_definition
from faults import Planted, plant, stream_faults
from properties import InOrder, drive, held, observe, stall
from spikewright_hw.definition import integers
from spikewright_hw.fixed import Format
from spikewright_hw.stochastic.neuron.integrate_and_fire import PRESETS, IntegrateAndFire


class IntegrateAndFireSpec(Elaboratable):
    """Each count steps its lane's neuron as the definition has it, and gives its spike, in order.

    A fault is one of :func:`~faults.stream_faults` or of :func:`~driven.follows_definition`.
    """

    def __init__(self, dut: IntegrateAndFire, *, fault: str = ""):
        self.dut = dut
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        fixed = dut.fixed
        (current,) = fixed.definition.inputs
        i = drive(m, dut.i)
        stall(m, dut.o)
        o = observe(dut.o)
        plant(m, o, self.fault)
        spikes = Signal(dut.lanes)
        for lane, states in enumerate(dut.states):
            exact = follows_definition(
                m, fixed,
                states=states,
                start=integers.start(fixed, neuron=lane),
                inputs={current: dut.i.payload[lane] * fixed.format.one},
                vectors={name: Const(values[lane]) for name, values in fixed.vectors.items()},
                done=i.transfers,
                fault=self.fault,
            )
            m.d.comb += spikes[lane].eq(exact["spike"])
            low, high = fixed.bounds["v"]
            over, under = exact["v"] > high, exact["v"] < low
            m.d.comb += [
                Cover(i.transfers & over, "a membrane saturates at the top"),
                Cover(i.transfers & under, "a membrane saturates at the bottom"),
            ]
        m.d.comb += Cover(o.transfers & o.payload.all(), "every neuron spikes at once")
        held(m, o, name="spikes")
        m.submodules.in_order = InOrder(
            i=i, o=o, expected=spikes, capacity=1, latency=1, name="spikes"
        )
        return m


class ConservationSpec(Elaboratable):
    """Nothing is lost: the counts that came are the threshold times the spikes, and the membrane.

    Of ``if_neuron`` on whole numbers, up to the first saturation. The sum that is kept beside the
    core is that of counts less the thresholds of spikes, so equality with the membrane is the law.
    A planted fault is a membrane or a spike that is not the core's.
    """

    def __init__(
        self, *, count_width: int, format: Format, threshold: int, fault: str = ""
    ):
        self.fault = fault
        self.threshold = threshold
        self.dut = IntegrateAndFire(count_width=count_width, format=format, threshold=threshold)

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        form = dut.fixed.format
        i = drive(m, dut.i)
        stall(m, dut.o)
        (states,) = dut.states
        membrane = states["v"]
        reached = Signal(signed(form.width + 1))
        spiked = Signal()  # in the last step
        saturated = Signal()  # once
        left = Signal(signed(form.width + 1))
        spike = reached >= self.threshold
        m.d.comb += reached.eq(membrane + dut.i.payload[0])  # a bit wider than the membrane
        with m.If(i.transfers):
            m.d.sync += spiked.eq(spike)
            m.d.sync += left.eq(left + dut.i.payload[0] - Mux(spike, self.threshold, 0))
            after = reached - Mux(spike, self.threshold, 0)
            with m.If((after > form.max) | (after < form.min)):
                m.d.sync += saturated.eq(1)
        seen = membrane ^ (self.fault == "left")
        with m.If(~saturated):
            m.d.comb += [
                Assert(left == seen, "counts are threshold times spikes, and the membrane"),
                Cover(spiked & (membrane == 1), "a spike leaves a rest behind"),
            ]
        with m.If(dut.o.valid):
            m.d.comb += Assert(
                dut.o.payload ^ (self.fault == "spike") == spiked,
                "it spikes exactly when the sum reaches the threshold",
            )
        return m


def conservation(fault: str = "") -> ConservationSpec:
    return ConservationSpec(count_width=4, format=Format(7, 0), threshold=8, fault=fault)


def planted() -> Planted:
    """Plant the faults of a stream, of a step, and of the law of conservation."""
    faults = Planted.each(
        lambda fault: IntegrateAndFireSpec(IntegrateAndFire(**PRESETS["c4"]), fault=fault),
        stream_faults("spikes")
        | {
            "v": ("v is the definition's, clamped into its range",),
            "range": ("v is the definition's, clamped into its range", "v is in its range"),
            "cut": ("no value in between wraps",),
        },
    )
    faults.plant(
        "left", conservation("left"), ("counts are threshold times spikes, and the membrane",)
    )
    faults.plant(
        "spike",
        conservation("spike"),
        ("it spikes exactly when the sum reaches the threshold",),
    )
    return faults


def specs() -> dict[str, Elaboratable]:
    c4, lif = PRESETS["c4"], PRESETS["lif_c6_l3"]
    return {
        "integrate_and_fire_c4": IntegrateAndFireSpec(IntegrateAndFire(**c4)),
        "integrate_and_fire_lif": IntegrateAndFireSpec(IntegrateAndFire(**lif)),
        "integrate_and_fire_positive": IntegrateAndFireSpec(
            IntegrateAndFire(**c4, saturation="positive")
        ),
        "integrate_and_fire_conservation": conservation(),
        "integrate_and_fire_fault": planted(),
    }
