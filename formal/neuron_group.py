"""What is proved of the neuron group."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from amaranth import Array, Cat, Const, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.hdl import Assert, Assume, Cover

from faults import Faults
from layers import clamp, tiny_layer
from neuron import Exact, exact_of
from properties import anything
from spikewright_hw.definition import integers
from spikewright_hw.engine.neuron_group import NeuronGroup
from spikewright_hw.engine.synapses import WeightSynapses

SUM = "{}: a sum is that of the addends since the last step was closed"
CLOSED = "{}: until its update a closed sum is that of its step"
FOLLOWS = "{}: between updates each neuron's state is the definition's, clamped into its range"
START = "{}: clear brings each neuron back to its own start"
PLACE = "the output has what each neuron gave in the last update, in its place"
WRAPS = "no value in between wraps"


@dataclass(frozen=True)
class Neuron:
    """One neuron beside the core: its sums and states as integers, and the step that is next."""

    totals: Mapping[str, Signal]
    closed: Mapping[str, Signal]
    states: Mapping[str, Signal]
    given: Signal
    exact: Exact


class NeuronGroupSpec(Elaboratable):
    """Each neuron makes one step of the definition in an update, from its own sums and states.

    Beside the core stand the neurons by themselves, which do not rotate: sums wider than they can
    get, and a step that is made as a whole at the end of an update. Addends are rows of the layer's
    weights, any and in any order, each once at most in a step, or in a bit plane of its graded
    inputs, or zeros; to the padding neurons comes anything. Core and model are there once, the
    properties once for each of ``faults``.
    """

    def __init__(self, dut: NeuronGroup, *, faults: Iterable[str] = ("",)):
        self.dut = dut
        self.faults = tuple(faults)
        self.real = [
            number for at, number in enumerate(dut.numbers) if number not in dut.numbers[:at]
        ]

    def elaborate(self, platform) -> Module:
        m = Module()
        dut = self.dut
        m.submodules.dut = dut
        last = len(dut.numbers) + dut.stages - 2
        self.row, self.spike, self.adds = Signal(range(len(dut.layer.rows))), Signal(), Signal()
        owed = self._environment(m, last)

        idle, ended = Signal(), Signal()
        m.d.comb += [
            idle.eq((dut.turn == 0) & ~dut.update), ended.eq(dut.update & (dut.turn == last))
        ]
        neurons = [self._neuron(m, number, ended) for number in self.real]
        cleared = Signal()
        m.d.sync += cleared.eq(dut.clear)
        for fault in self.faults:
            m.submodules[fault or "properties"] = properties = Module()
            self._check(properties, neurons, fault, cleared, owed)
        spikes = self.dut.layer.fixed.definition.spikes
        m.d.comb += [
            Cover(idle & Cat(neuron.given.any() for neuron in neurons).all(),
                  "all neurons spike" if spikes else "no membrane is zero"),
            Cover(cleared & neurons[0].given.any(), "a neuron is cleared that had an output"),
        ]
        return m

    def _environment(self, m: Module, last: int) -> Signal:
        """Drive the group as a layer does; return whether a closed step awaits its update."""
        dut, layer = self.dut, self.dut.layer
        rows = len(layer.rows)
        row, seen = Signal(range(rows)), Signal(rows)
        spike = Signal()
        plane = Signal(range(layer.input_bits))
        turn = Signal(range(last + 1))
        owed = Signal()  # a step is closed that is not updated
        doubles = Signal()
        m.d.comb += [
            row.eq(anything(row.shape())),
            spike.eq(anything(1)),
            self.adds.eq(dut.accumulate | dut.close),
            doubles.eq(dut.twice & self.adds),
            dut.own.eq(row >= layer.inputs),
            dut.accumulate.eq(anything(1)),
            dut.twice.eq(anything(1) if layer.input_bits > 1 else 0),
            Assume(~doubles | (plane != layer.input_bits - 1), "no more planes than bits"),
            dut.close.eq(anything(1)),
            dut.update.eq(anything(1)),
            dut.clear.eq(anything(1)),
            dut.turn.eq(turn),
            Assume(row < rows, "a row that there is"),
            Assume(dut.update | (turn == 0), "an update has no gap"),
            Assume(~(dut.update & dut.close), "no step is closed during an update"),
            Assume(~dut.update | owed, "an update is of a step that is closed"),
            Assume(~(dut.update & dut.clear), "no update while the states are cleared"),
        ]
        for at, _ in enumerate(dut.numbers):
            column = [weights[self.real[at]] for weights in layer.rows] if self._is_real(at) else []
            shape = signed(layer.weight_bits)
            weight = Array(Const(one, shape) for one in column)[row] if column else anything(shape)
            m.d.comb += dut.addends[at].eq(Mux(spike, weight, 0) if column else weight)
        with m.If(dut.update):
            m.d.sync += turn.eq(Mux(turn == last, 0, turn + 1))
            with m.If(turn == last):
                m.d.sync += owed.eq(0)
        with m.If(dut.close):
            m.d.sync += [seen.eq(0), plane.eq(0), owed.eq(1)]
        with m.Else():
            with m.If(doubles):
                m.d.sync += [seen.eq(0), plane.eq(plane + 1)]
            with m.If(dut.accumulate & spike):
                m.d.sync += seen.bit_select(row, 1).eq(1)
        with m.If(self.adds & spike):
            m.d.comb += [
                Assume(~seen.bit_select(row, 1) | doubles, "no row twice in a plane"),
                Assume(~dut.own | ((plane + doubles) == layer.input_bits - 1),
                       "rows of the layer's own neurons in the last plane alone"),
            ]
        m.d.comb += [self.row.eq(row), self.spike.eq(spike)]
        return owed

    def _is_real(self, at: int) -> bool:
        return at < len(self.real)

    def _neuron(self, m: Module, number: int, ended: Signal) -> Neuron:
        """Build a neuron of the layer beside the core."""
        dut, layer = self.dut, self.dut.layer
        fixed = layer.fixed
        totals, closed = {}, {}
        for name, input in fixed.definition.inputs.items():
            column = [weights[number] for weights in layer.contributions(name)]
            shape = signed((layer.most_input * sum(map(abs, column))).bit_length() + 1)
            total = totals[name] = Signal(shape, name=f"sum_{name}_{number}")
            step = closed[name] = Signal(shape, name=f"closed_{name}_{number}")
            addend = Mux(self.spike, Array(Const(one, shape) for one in column)[self.row], 0)
            doubles = dut.twice & (input.source != "recurrent")
            summed = total + Mux(doubles, total, 0) + addend
            with m.If(dut.close):
                m.d.sync += [total.eq(0), step.eq(summed)]
            with m.Elif(dut.accumulate):
                m.d.sync += total.eq(summed)
        start = integers.start(fixed, neuron=number)
        states = {
            name: Signal(signed(form.width), name=f"{name}_{number}", init=start[name])
            for name, form in fixed.formats.items()
        }
        currents = {
            name: (total << layer.shift) + layer.biases(name)[number]
            for name, total in closed.items()
        }
        constants = {
            name: Const(values[number], signed(32)) for name, values in fixed.vectors.items()
        }
        exact = exact_of(m, fixed, {**states, **currents, **constants})
        spikes = fixed.definition.spikes
        given = Signal(1, name=f"spike_{number}") if spikes else states["v"]
        with m.If(ended):
            m.d.sync += [
                state.eq(clamp(exact.after[name], *fixed.bounds[name]))
                for name, state in states.items()
            ]
            if spikes:
                m.d.sync += given.eq(exact.after["spike"].bool())
        with m.Elif(dut.clear):
            m.d.sync += [state.eq(state.init) for state in states.values()]
        return Neuron(totals, closed, states, given, exact)

    def _check(
        self, m: Module, neurons: list[Neuron], fault: str, cleared: Signal, owed: Signal
    ) -> None:
        """State what must hold, of a core that is seen through a fault, or as it is if ``""``."""
        dut, fixed = self.dut, self.dut.layer.fixed
        width = len(dut.o) // len(dut.numbers)
        places = [dut.o.word_select(at, width) for at, _ in enumerate(neurons)]
        if fault == "swapped":
            places[:2] = reversed(places[:2])
        for at, neuron in enumerate(neurons):
            first = at == 0
            cut = neuron.exact.cuts[-1][0][0] if fault == "cut" and not first else Const(0, 1)
            neuron.exact.check(m, cut=cut)
            for name, total in neuron.totals.items():
                seen: Value = dut.totals[name][at]
                if fault == f"{name}_sum" and not first:
                    seen = seen ^ (seen != 0)
                m.d.comb += Assert(seen == total, SUM.format(name))
            with m.If(dut.turn == 0):
                m.d.comb += Assert(places[at] == neuron.given.as_unsigned(), PLACE)
                for name, total in neuron.closed.items():
                    seen = dut.closed[name][at]
                    if fault == f"{name}_closed" and not first:
                        seen = seen ^ (seen != 0)
                    with m.If(owed):
                        m.d.comb += Assert(seen == total, CLOSED.format(name))
                for name, state in neuron.states.items():
                    seen = dut.states[name][at]
                    if fault == name and not first:
                        seen = seen ^ (seen != 0)
                    if fault == f"{name}_start" and not first:
                        seen = Mux(cleared, seen + 1, seen)
                    with m.If(cleared):
                        own = fixed.start(name, neuron=self.real[at])
                        m.d.comb += Assert(seen == own, START.format(name))
                    with m.Else():
                        m.d.comb += Assert(seen == state, FOLLOWS.format(name))


class NeuronGroupFaults(Faults):
    """Each fault of a group, planted in what the properties see.

    Of the second neuron the lowest bit of a sum, open or closed, of a state that is not zero, or of
    a value in between is wrong, or it starts a step too high; the two neurons' outputs are swapped.
    """

    def __init__(self, dut: NeuronGroup):
        fixed = dut.layer.fixed
        detectors: dict[str, tuple[str, ...]] = {"swapped": (PLACE,), "cut": (WRAPS,)}
        for name in fixed.definition.inputs:
            detectors[f"{name}_sum"] = (SUM.format(name),)
            detectors[f"{name}_closed"] = (CLOSED.format(name),)
        for name in fixed.formats:
            detectors[name] = (FOLLOWS.format(name),)
            detectors[f"{name}_start"] = (START.format(name),)
        super().__init__(detectors)
        self.dut = dut

    def elaborate(self, platform) -> Elaboratable:
        return NeuronGroupSpec(self.dut, faults=self.detectors)


def tiny(neuron: str, *, share: int, stages: int = 1) -> NeuronGroup:
    """Make a group of the neurons of :func:`~layers.tiny_layer`."""
    layer = tiny_layer(neuron)
    return NeuronGroup(
        layer=layer, first=0, share=share, stages=stages, synapses=WeightSynapses(layer)
    )


def specs() -> dict[str, Elaboratable]:
    return {
        "neuron_group_lif": NeuronGroupSpec(tiny("lif", share=2)),
        "neuron_group_li": NeuronGroupSpec(tiny("nir_li", share=3)),
        "neuron_group_recurrent": NeuronGroupSpec(tiny("recurrent_lif", share=2, stages=2)),
        "neuron_group_graded": NeuronGroupSpec(tiny("graded_pair", share=2)),
        "neuron_group_biased": NeuronGroupSpec(tiny("biased", share=2)),
        "neuron_group_alpha": NeuronGroupSpec(tiny("alpha", share=2)),
        "neuron_group_fault": NeuronGroupFaults(tiny("recurrent_lif", share=2)),
        "neuron_group_fault_alpha": NeuronGroupFaults(tiny("alpha", share=2)),
    }
