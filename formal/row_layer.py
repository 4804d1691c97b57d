"""What is proved of the row layer."""

from amaranth import Cat, Const, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.hdl import Assume, Cover

from faults import Planted, Spec, Through, plant, stream_faults
from layers import MUTANTS, clamp, mutant, tiny_layer
from neuron import exact_of
from properties import InOrder, Observed, anything, drive, held, observe, stall
from spikewright_hw.definition import integers
from spikewright_hw.engine.dealing import dealt, row_of
from spikewright_hw.engine.row_layer import PRESETS, RowLayer, core, row_latency
from spikewright_hw.layer import Layer
from updates import CLOSED, GAP, check_updates


def capacity(dut: RowLayer) -> int:
    """Return the steps that the core may hold.

    One is at the output, one in the neurons, and one in the row read and in each stage after it.
    """
    return 3 + (dut.banks > 1)


def latency(dut: RowLayer) -> int:
    """Return the cycles from the last event of a step to its output."""
    return row_latency(dut.stages, share=dut.share, banks=dut.banks)


#: What the core assumes of whoever clears it, and of its events.
CLEAR = "row layer: clear only while it is empty"
ROW = "row layer: a row that there is"
ONCE = "row layer: no row twice in a step, or in a bit plane of it"
OWN = "row layer: rows of its own neurons in the last plane alone"


class Contents(Elaboratable):
    """How much is inside a row layer: ``steps`` begun, or an output that waits."""

    def __init__(self, dut: RowLayer):
        self.dut = dut
        self.empty = Signal()
        self.begun = Signal()
        self.steps = Signal(range(capacity(dut) + 2))
        self.plane = Signal(range(dut.layer.input_bits))  # of the step that is begun
        self.final = self.plane == dut.layer.input_bits - 1

    def elaborate(self, platform) -> Module:
        m = Module()
        i, o = self.dut.i, self.dut.o
        taken = i.valid & i.ready
        m.d.sync += self.steps.eq(
            self.steps + (taken & i.payload.last & self.final) - (o.valid & o.ready)
        )
        with m.If(taken):
            m.d.sync += self.begun.eq(~(i.payload.last & self.final))
            with m.If(i.payload.last):
                m.d.sync += self.plane.eq(Mux(self.final, 0, self.plane + 1))
        m.d.comb += self.empty.eq((self.steps == 0) & ~self.begun)
        return m


class _Steps:
    """The core in its environment: its steps as a stream from the last event to the output.

    Assumes of ``clear`` that the layer is empty when it is high, as the core's docstring says.
    """

    def __init__(self, m: Module, dut: RowLayer):
        m.submodules.dut = dut
        self.event = dut.i.payload
        self.taken = drive(m, dut.i).transfers
        stall(m, dut.o)
        m.submodules.contents = contents = Contents(dut)
        self.final = contents.final
        #: Whether a plane begins after others of its step, so that these count twice.
        self.doubles = Signal()
        begins = Signal(init=1)
        with m.If(self.taken):
            m.d.sync += begins.eq(self.event.last)
        m.d.comb += self.doubles.eq(begins & (contents.plane != 0))
        self.closed = Observed(
            payload=self.event,
            valid=dut.i.valid & self.event.last & contents.final,
            ready=dut.i.ready,
        )
        m.d.comb += [dut.clear.eq(anything(1)), Assume(~dut.clear | contents.empty, CLEAR)]


class RowLayerContractSpec(Spec):
    """Each last event gives one output, held until it is taken and never kept back.

    And the neurons' update has no gap. Events are any at all, and so are weights and states as far
    as this is concerned. A fault is one of :func:`~faults.plant`, or of
    :func:`~updates.check_updates`.
    """

    def __init__(self, dut: RowLayer):
        self.dut = dut

    def surround(self, m: Module) -> _Steps:
        return _Steps(m, self.dut)

    def check(self, m: Module, seen: _Steps, fault: str) -> None:
        o = observe(self.dut.o)
        plant(m, o, fault)
        held(m, o, name="step")
        check_updates(
            m, close=self.dut.close, update=self.dut.update, turn=self.dut.turn,
            last=self.dut.share + self.dut.stages - 2, fault=fault,
        )
        m.submodules.one_each = InOrder(
            i=seen.closed,
            o=o,
            capacity=capacity(self.dut),
            latency=latency(self.dut),
            name="step",
        )


class RowLayerDataSpec(Elaboratable):
    """Each output is the definition's, over integers wide enough for all that happens.

    Beside the core, currents are summed and neurons are updated in the cycle that the last event of
    a step is taken. Assumes that a step, or a bit plane of its graded inputs, brings each row at
    most once, and the last plane alone rows of the layer's own neurons.
    A planted fault is a core of another layer, :func:`~layers.mutant`, or ``cut``, a value in
    between that loses a bit.
    """

    def __init__(self, dut: RowLayer, *, layer: Layer | None = None, fault: str = ""):
        self.dut = dut
        self.layer = layer or dut.layer
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        dut, layer = self.dut, self.layer
        fixed = layer.fixed
        steps = _Steps(m, dut)
        o = observe(dut.o)

        row = self._row(m, steps)

        # Model.
        expected, high, low = [], [], []
        for neuron in range(layer.neurons):
            inputs = {
                name: self._current(
                    m, steps, row, column, bias=layer.biases(name)[neuron], name=f"{name}_{neuron}",
                    doubles=one.source != "recurrent",
                )
                for name, one in fixed.definition.inputs.items()
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
            step = exact_of(m, fixed, {**cleared, **inputs, **constants})
            step.check(m, cut=Const(self.fault == "cut"))
            exact = step.after
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
            capacity=capacity(dut),
            latency=latency(dut),
            name="step",
        )

        # Witnesses.
        m.d.comb += [
            Cover(steps.closed.transfers & Cat(high).any(), "a state saturates at the top"),
            Cover(steps.closed.transfers & Cat(low).any(), "a state saturates at the bottom"),
            Cover(o.transfers & o.payload.any(), "an output is not zero"),
        ]
        return m

    def _row(self, m: Module, steps: _Steps) -> Signal:
        """Return the rows of a cycle, one bit for each; assume each once a step, or a plane."""
        event, rows, banks = steps.event, len(self.layer.rows), self.dut.banks
        places = [event.row] if banks == 1 else [*event.places]
        spikes = Cat(event.spike) if banks == 1 else event.spikes
        row = Signal(rows)
        seen = Signal(rows)
        for bank, place in enumerate(places):
            own_rows = dealt(self.dut.rows, banks)[bank]
            here = Cat(Value.cast(place) == at for at in range(len(own_rows)))
            for at, bit in enumerate(here):
                m.d.comb += row[row_of(bank, at, banks=banks)].eq(bit & spikes[bank])
            m.d.comb += Assume(~(self.dut.i.valid & spikes[bank]) | here.any(), ROW)
        own = row[self.layer.inputs :]
        with m.If(self.dut.i.valid):
            m.d.comb += [
                Assume(~(row & seen).any(), ONCE), Assume(~own.any() | steps.final, OWN),
            ]
        with m.If(steps.taken):
            m.d.sync += seen.eq(Mux(event.last, 0, seen | row))
        return row

    def _current(
        self, m: Module, steps: _Steps, row: Signal, column: list[int], *, bias: int, name: str,
        doubles: bool,
    ) -> Value:
        """Return a stored current when a step ends, else 0: the sum over its events, and a bias.

        The sum ``doubles`` with each bit plane, unless it is of the layer's own neurons.
        """
        most = sum(map(abs, column)) * (self.layer.most_input if doubles else 1)
        shape = signed(most.bit_length() + 1)
        before = Signal(shape, name=f"before_{name}")
        current = Signal(shape, name=f"sum_{name}")
        weight = sum(
            (Mux(row[at], value, 0) for at, value in enumerate(column)),
            start=Const(0, shape),
        )
        twice = before + before if doubles else before
        m.d.comb += current.eq(Mux(steps.doubles, twice, before) + weight)
        with m.If(steps.taken):
            m.d.sync += before.eq(Mux(steps.closed.transfers, 0, current))
        return Mux(steps.closed.transfers, (current << self.dut.layer.shift) + bias, 0)


def tiny(
    kind: str, *, share: int, stages: int = 1, banks: int = 1, fault: str = ""
) -> RowLayerDataSpec:
    """Return what is proved of a row layer of :func:`~layers.tiny_layer`."""
    layer = tiny_layer(kind)
    dut = RowLayer(layer=mutant(layer, fault), share=share, stages=stages, banks=banks)
    return RowLayerDataSpec(dut, layer=layer, fault=fault)


class _Alike(RowLayer):
    """A broken core, in which all bit planes count alike."""

    def _planes(self, m: Module, *, event: Value, last: Value) -> tuple[Value, Value]:
        _, final = super()._planes(m, event=event, last=last)
        return Const(0), final


def planted() -> Planted:
    """Plant a core of each mutant, one in which bit planes count alike, and a lost bit."""
    owed = ("step: each payload is the one owed",)
    faults = Planted.each(
        lambda fault: tiny("lif", share=2, fault=fault),
        {**dict.fromkeys(MUTANTS, owed), "cut": ("no value in between wraps",)},
    )
    faults.plant("sources", tiny("apart", share=2, fault="sources"), owed)
    faults.plant("bias", tiny("biased", share=2, fault="bias"), owed)
    layer = tiny_layer("graded")
    faults.plant("planes", RowLayerDataSpec(_Alike(layer=layer, share=1)), owed)
    faults.plant("own", tiny("recurrent_lif", share=1, fault="own"), owed)
    return faults


def specs() -> dict[str, Elaboratable]:
    contracts: dict[str, Elaboratable] = {
        f"row_layer_{name}": RowLayerContractSpec(core(**preset))
        for name, preset in PRESETS.items()
    }
    return contracts | {
        "row_layer_lif": tiny("lif", share=2),
        "row_layer_li": tiny("nir_li", share=1),
        "row_layer_apart": tiny("apart", share=2),
        "row_layer_biased": tiny("biased", share=2),
        "row_layer_graded": tiny("graded", share=1),
        "row_layer_graded_own": tiny("graded_own", share=1),
        "row_layer_banks": tiny("lif", share=2, banks=2),
        "row_layer_banks_own": tiny("graded_own", share=1, banks=2),
        "row_layer_refractory": tiny("lif_refractory", share=2),
        "row_layer_recurrent": tiny("recurrent_lif", share=1, stages=2),
        "row_layer_fault": planted(),
        "row_layer_fault_contract": Through(
            RowLayerContractSpec(RowLayer(layer=tiny_layer("lif"), share=2)),
            {**stream_faults("step", compared=False), "gap": (GAP,), "open": (CLOSED,)},
        ),
    }
