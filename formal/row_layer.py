"""What is proved of the row layer."""

from amaranth import Cat, Const, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.hdl import Assume, Cover

from faults import Planted
from neuron import exact_step
from properties import InOrder, Observed, anything, drive, held, observe, stall
from spikewright_hw.definition import integers
from spikewright_hw.engine.row_layer import PRESETS, RowLayer, core
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer

#: Steps that the core may hold: one at the output, one in the neurons, one in the row read.
CAPACITY = 3

#: Parameters of the smallest layers.
TINY = {
    "lif": {"decay": 0.5, "threshold": 0.5},
    "nir_li": {"tau": 2.0, "r": 2.0, "v_leak": (1.0, -1.0)},  # neurons with starts of their own
    "lif_refractory": {"decay": 0.5, "threshold": 0.5, "refractory": 1},  # two states
    "recurrent_lif": {"decay": 0.5, "threshold": 0.5},
}


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
            latency=self.dut.share + self.dut.stages + 1,
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
        fixed = layer.fixed
        rows = len(layer.rows)
        steps = _Steps(m, dut)
        event = steps.event

        o = observe(dut.o)
        if self.fault:
            width = len(o.payload) // layer.neurons
            first, second = o.payload[:width], o.payload[width : 2 * width]
            o.payload = Cat(second, first, o.payload[2 * width :])

        # Environment: each row at most once a step.
        row = Signal(rows)
        seen = Signal(rows)
        m.d.comb += row.eq(Cat(Value.cast(event.row) == at for at in range(rows)))
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
            inputs = {
                name: self._current(m, steps, row, column, name=f"{name}_{neuron}")
                for name in fixed.definition.inputs
                for column in [[weights[neuron] for weights in layer.contributions(name)]]
            }
            start = integers.start(fixed, neuron=neuron)
            states = {
                name: Signal(signed(form.width), name=f"{name}_{neuron}", init=start[name])
                for name, form in fixed.formats.items()
            }
            # An event may come while the states of the empty layer are cleared.
            cleared = {name: Mux(dut.clear, start[name], state) for name, state in states.items()}
            constants = {
                name: Const(values[neuron], signed(32)) for name, values in fixed.vectors.items()
            }
            exact = exact_step(m, fixed, {**cleared, **inputs, **constants})
            after = {name: clamp(exact[name], *fixed.bounds[name]) for name in states}
            high.append(exact["v"] > fixed.bounds["v"][1])
            low.append(exact["v"] < fixed.bounds["v"][0])
            with m.If(steps.closed.transfers):
                m.d.sync += [states[name].eq(after[name]) for name in states]
            with m.Elif(dut.clear):
                m.d.sync += [state.eq(state.init) for state in states.values()]
            if fixed.definition.spikes:
                expected.append(exact["spike"].bool())
            else:
                expected.append(after["v"].as_signed()[: fixed.formats["v"].width])

        m.submodules.in_order = InOrder(
            i=steps.closed,
            o=o,
            expected=Cat(expected),
            capacity=CAPACITY,
            latency=dut.share + dut.stages + 1,
            name="step",
        )

        # Witnesses.
        m.d.comb += [
            Cover(steps.closed.transfers & Cat(high).any(), "a state saturates at the top"),
            Cover(steps.closed.transfers & Cat(low).any(), "a state saturates at the bottom"),
            Cover(o.transfers & o.payload.any(), "an output is not zero"),
        ]
        return m

    def _current(
        self, m: Module, steps: _Steps, row: Signal, column: list[int], *, name: str
    ) -> Value:
        """Give a stored current when a step ends, else 0: the sum over the step's events."""
        shape = signed(sum(map(abs, column)).bit_length() + 1)
        before = Signal(shape, name=f"before_{name}")
        current = Signal(shape, name=f"sum_{name}")
        weight = sum(
            (Mux(row[at] & steps.event.spike, value, 0) for at, value in enumerate(column)),
            start=Const(0, shape),
        )
        m.d.comb += current.eq(before + weight)
        with m.If(steps.taken):
            m.d.sync += before.eq(Mux(steps.event.last, 0, current))
        return Mux(steps.closed.transfers, current << self.dut.layer.shift, 0)


def clamp(value: Value, low: int, high: int) -> Value:
    """Clamp an exact value by two comparisons."""
    return Mux(value > high, high, Mux(value < low, low, value))


def tiny(neuron: str, *, share: int, stages: int = 1) -> RowLayer:
    """Make a layer of two inputs and two neurons; it is too small for their states not to clamp.

    Its currents fit the membrane's format, as :func:`.exact_step` asks.
    """
    layer = Layer(
        weights=((2, -3), (1, 2)),
        weight_bits=3,
        neuron=neuron,
        parameters=TINY[neuron],
        membrane=Format(2, 1),
        exponent=1,
        recurrent=((0, 1), (1, 0)) if neuron == "recurrent_lif" else None,
    )
    return RowLayer(layer=layer, share=share, stages=stages)


def specs() -> dict[str, Elaboratable]:
    contracts: dict[str, Elaboratable] = {
        f"row_layer_{name}": RowLayerContractSpec(core(**preset))
        for name, preset in PRESETS.items()
    }
    return contracts | {
        "row_layer_lif": RowLayerDataSpec(tiny("lif", share=2)),
        "row_layer_li": RowLayerDataSpec(tiny("nir_li", share=1)),
        "row_layer_refractory": RowLayerDataSpec(tiny("lif_refractory", share=2)),
        "row_layer_recurrent": RowLayerDataSpec(tiny("recurrent_lif", share=1, stages=2)),
        "row_layer_fault": Planted({
            "swapped": (
                RowLayerDataSpec(tiny("lif", share=2), fault=True),
                ("step: each payload is the one owed",),
            ),
        }),
        "row_layer_fault_contract": Planted({
            "twice": (
                RowLayerContractSpec(core(**PRESETS["i12_n9"]), fault=True),
                (
                    "step: nothing is repeated or invented",
                    "step: no payload is taken beyond the capacity",
                ),
            ),
        }),
    }
