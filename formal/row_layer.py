"""What is proved of the row layer."""

from amaranth import Cat, Const, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.hdl import Assume, Cover

from neuron import clamp, exact_step
from properties import InOrder, Observed, anything, drive, held, observe, stall
from spikewright_hw.engine.row_layer import PRESETS, RowLayer, core
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer
from spikewright_hw.neuron import DEFINITIONS

#: Steps that the core may hold: one at the output, one in the neurons, one in the row read.
CAPACITY = 3


class _Steps:
    """The core in its environment: its steps as a stream from the last event to the output.

    Assumes of ``clear`` that the layer is empty when it is high, as the core's docstring says.
    """

    def __init__(self, m: Module, dut: RowLayer):
        m.submodules.dut = dut
        self.event = dut.i.payload
        self.taken = drive(m, dut.i).transfers
        stall(m, dut.o)
        self.closed = Observed(
            payload=Const(0, 1), valid=dut.i.valid & self.event.last, ready=dut.i.ready
        )
        self.inside = Signal(range(CAPACITY + 1))
        self.begun = Signal()
        m.d.sync += self.inside.eq(self.inside + self.closed.transfers - observe(dut.o).transfers)
        with m.If(self.taken):
            m.d.sync += self.begun.eq(~self.event.last)
        m.d.comb += dut.clear.eq(anything(1))
        with m.If((self.inside != 0) | self.begun):
            m.d.comb += Assume(~dut.clear, "clear only while the layer is empty")


class RowLayerContractSpec(Elaboratable):
    """Each last event gives one output, held until it is taken and never kept back.

    Events are any at all, and so are weights and states as far as this is concerned. The planted
    fault is an output that is offered twice if it was taken at once.
    """

    def __init__(self, dut: RowLayer, *, fault: bool = False):
        self.dut = dut
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        steps = _Steps(m, self.dut)
        o = observe(self.dut.o)
        if self.fault:
            again = Signal()
            m.d.sync += again.eq(o.transfers & ~again)
            o.valid = o.valid | again
        held(m, o, name="step")
        m.submodules.one_each = InOrder(
            i=steps.closed,
            o=Observed(payload=Const(0, 1), valid=o.valid, ready=o.ready),
            expected=Const(0, 1),
            capacity=CAPACITY,
            latency=self.dut.share + 2,
            name="step",
        )
        return m


class RowLayerDataSpec(Elaboratable):
    """Each output is the definition's, over integers wide enough for all that happens.

    Beside the core, currents are summed and neurons are updated in the cycle that the last event of
    a step is taken. Assumes that a step brings each row at most once, as the core's docstring says.
    The planted fault swaps two neurons.
    """

    def __init__(self, dut: RowLayer, *, fault: bool = False):
        self.dut = dut
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        dut, layer = self.dut, self.dut.layer
        definition, form = DEFINITIONS[layer.neuron], layer.membrane
        steps = _Steps(m, dut)
        event = steps.event

        o = observe(dut.o)
        if self.fault:
            width = len(o.payload) // layer.neurons
            first, second = o.payload[:width], o.payload[width : 2 * width]
            o.payload = Cat(second, first, o.payload[2 * width :])

        # Environment: each row at most once a step.
        row = Signal(layer.inputs)
        seen = Signal(layer.inputs)
        m.d.comb += row.eq(Cat(Value.cast(event.row) == at for at in range(layer.inputs)))
        with m.If(dut.i.valid & event.spike):
            m.d.comb += [
                Assume(row.any(), "a row that there is"),
                Assume(~(row & seen).any(), "no row twice in a step"),
            ]
        with m.If(steps.taken):
            m.d.sync += seen.eq(Mux(event.last, 0, seen | Mux(event.spike, row, 0)))

        # Model.
        expected, high, low = [], [], []
        for neuron in range(layer.neurons):
            column = [weights[neuron] for weights in layer.weights]
            sum_shape = signed(sum(map(abs, column)).bit_length() + 1)
            before = Signal(sum_shape, name=f"before_{neuron}")
            current = Signal(sum_shape, name=f"sum_{neuron}")
            weight = sum(
                (Mux(row[at] & event.spike, value, 0) for at, value in enumerate(column)),
                start=Const(0, sum_shape),
            )
            m.d.comb += current.eq(before + weight)
            with m.If(steps.taken):
                m.d.sync += before.eq(Mux(event.last, 0, current))
            states = {
                name: Signal(signed(form.width), name=f"{name}_{neuron}")
                for name in definition.states
            }
            # An event may come while the states of the empty layer are cleared.
            cleared = {name: Mux(dut.clear, 0, state) for name, state in states.items()}
            exact = exact_step(
                m, definition, cleared, current << form.fraction, parameters=layer.parameters
            )
            after = {name: clamp(exact[name], form) for name in states}
            high.append(exact["v"] > form.max)
            low.append(exact["v"] < form.min)
            with m.If(steps.closed.transfers):
                m.d.sync += [states[name].eq(after[name]) for name in states]
            with m.Elif(dut.clear):
                m.d.sync += [state.eq(0) for state in states.values()]
            shown = exact["spike"] if definition.spikes else after["v"].as_signed()[: form.width]
            expected.append(shown)

        m.submodules.in_order = InOrder(
            i=steps.closed,
            o=o,
            expected=Cat(expected),
            capacity=CAPACITY,
            latency=dut.share + 2,
            name="step",
        )

        # Witnesses.
        m.d.comb += [
            Cover(steps.closed.transfers & Cat(high).any(), "a state saturates at the top"),
            Cover(steps.closed.transfers & Cat(low).any(), "a state saturates at the bottom"),
            Cover(o.transfers & o.payload.any(), "an output is not zero"),
        ]
        return m


def tiny(neuron: str, *, share: int) -> RowLayer:
    """Make a layer of two inputs and two neurons; it is too small for their states not to clamp."""
    parameters = {"leak": 1, "threshold": 1}
    known = DEFINITIONS[neuron].parameters
    layer = Layer(
        weights=((1, -1), (1, -1)),
        weight_bits=2,
        neuron=neuron,
        parameters={name: value for name, value in parameters.items() if name in known},
        membrane=Format(2, 1),
    )
    return RowLayer(layer=layer, share=share)


def specs() -> dict[str, Elaboratable]:
    return {
        "row_layer_i12_n9": RowLayerContractSpec(core(**PRESETS["i12_n9"])),
        "row_layer_i5_n16_share8": RowLayerContractSpec(core(**PRESETS["i5_n16_share8"])),
        "row_layer_lif": RowLayerDataSpec(tiny("lif", share=2)),
        "row_layer_li": RowLayerDataSpec(tiny("li", share=1)),
        "row_layer_fault_data": RowLayerDataSpec(tiny("lif", share=2), fault=True),
        "row_layer_fault_contract": RowLayerContractSpec(core(**PRESETS["i12_n9"]), fault=True),
    }
