"""What is proved of the neuron array."""

from amaranth import Array, Cat, Const, Elaboratable, Module, Mux, Signal, signed

from faults import Planted, plant, stream_faults
from neuron import exact_of
from properties import InOrder, drive, held, observe, stall
from spikewright_hw.definition import integers
from spikewright_hw.engine.neuron_array import NeuronArray, core
from spikewright_hw.fixed import Format


class NeuronArraySpec(Elaboratable):
    """Every result is the definition's, in the order of the neurons, and none is lost or invented.

    Beside the core, the states of all neurons are updated in the cycle that an input is taken, in
    integers wide enough for all that happens. A planted fault is an array that does not start
    anew when it is asked to, a value in between that loses a bit, or one of an output stream.
    """

    def __init__(self, dut: NeuronArray, *, fault: str = ""):
        self.dut = dut
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        dut, fixed = self.dut, self.dut.fixed
        m.submodules.dut = dut
        i = drive(m, dut.i)
        stall(m, dut.o)
        o = observe(dut.o)
        plant(m, o, self.fault)
        held(m, o, name="step")

        turn = Signal(range(dut.neurons))
        fresh = Signal(init=1)
        anew = Signal()
        start = 0 if self.fault == "start" else dut.i.payload.start
        m.d.comb += anew.eq(start | fresh)
        with m.If(i.transfers):
            m.d.sync += turn.eq(Mux(turn == dut.neurons - 1, 0, turn + 1))
            with m.If(turn == dut.neurons - 1):
                m.d.sync += fresh.eq(0)

        states, before = {}, {}
        for name, form in fixed.formats.items():
            states[name] = Array(
                Signal(signed(form.width), name=f"{name}_{number}")
                for number in range(dut.neurons)
            )
            before[name] = Signal(signed(form.width), name=f"{name}_before")
            starts = Array(integers.start(fixed, neuron=n)[name] for n in range(dut.neurons))
            m.d.comb += before[name].eq(Mux(anew, starts[turn], states[name][turn]))
        inputs = {name: dut.i.payload[name] for name in fixed.definition.inputs}
        step = exact_of(m, fixed, before | inputs)
        step.check(m, cut=Const(self.fault == "cut"))
        exact = step.after
        after = {}
        for name, form in fixed.formats.items():
            after[name] = Signal(signed(form.width), name=f"{name}_after")
            low, high = fixed.bounds[name]
            limited = Mux(exact[name] > high, high, Mux(exact[name] < low, low, exact[name]))
            m.d.comb += after[name].eq(limited)
            with m.If(i.transfers):
                m.d.sync += states[name][turn].eq(after[name])

        spike = [exact["spike"]] if fixed.definition.spikes else []
        m.submodules.in_order = InOrder(
            i=i,
            o=o,
            expected=Cat(turn, *(bit[0] for bit in spike), *after.values()),
            capacity=dut.stages + 1,
            latency=dut.stages + 1,
            name="step",
        )
        return m


def small(fault: str = "") -> NeuronArraySpec:
    """Three neurons of few bits: a proof over memory and pipeline that ends in seconds."""
    array = core(neuron="lif", neurons=3, stages=2, format=Format(3, 1), decay=0.75)
    return NeuronArraySpec(array, fault=fault)


def specs() -> dict[str, Elaboratable]:
    found = stream_faults("step")
    return {
        "neuron_array_small": small(),
        "neuron_array_fault": Planted.each(
            small,
            {
                "start": ("step: each payload is the one owed",),
                "cut": ("no value in between wraps",),
                "withdrawn": found["withdrawn"],
                "unsteady": found["unsteady"],
            },
        ),
    }
