"""Neurons of a layer word by word: their states and constants in memories."""

from collections.abc import Mapping, Sequence

from amaranth import Cat, Const, Elaboratable, Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import data, memory

from ..definition.interval import Interval
from ..definition.pipeline import pipelined_step
from ..layer import Layer
from .ram_style import APART
from .synapses import WeightSynapses

__all__ = ["WordConstants", "WordNeurons", "given_width", "totals_layout"]


def totals_layout(layer: Layer, synapses: WeightSynapses, *, lanes: int) -> data.ArrayLayout:
    """Layout of the sums of a word: of each lane, one for each of the neuron's inputs."""
    of_lane = {name: synapses.total(name) for name in layer.definition.inputs}
    return data.ArrayLayout(data.StructLayout(of_lane), lanes)


def given_width(layer: Layer) -> int:
    """Return the bits of what a neuron gives after a step: its spike, or its membrane."""
    return 1 if layer.definition.spikes else layer.fixed.formats["v"].width


class WordNeurons(Elaboratable):
    """Words of neurons that take turns, a word a cycle: a memory of states, a pipeline per lane.

    In the cycle in which ``read`` is high the states of a word are read; in the next they go to
    registers; and then its sums are taken, and the update begins. The first two move on with
    ``free``, the others with ``advance``, which ``free`` may go without only as long as no word is
    at the beginning of its update. A word must be written before it is read again: for that,
    ``busy`` says whether there is any on the way, and ``length`` how many there may be.

    Parameters
    ----------
    layer : Layer
    stages : int
        Stages of an updater.
    synapses : WeightSynapses
    lanes : int
        Neurons of a word, each with an updater; a divisor of the connection's lanes.
    attributes : mapping of str to str
        Of the memory of states.

    Attributes
    ----------
    read, word : Signal
        In: a word is read, and which it is; only together with ``free``.
    totals : View
        In: the sums of the word whose update begins.
    free, advance : Signal
        In: what was read goes on; the update goes on.
    clear : Signal
        In: the next words, up to the last, take their start in place of their states.
    given, done : Signal
        Out: the spikes of the word that is through, or the membranes of neurons that never spike,
        lane 0 lowest, and whether there is one.
    begins : Signal
        Out: there is a word whose update begins.
    busy : Signal
        Out: there is a word on the way.
    """

    def __init__(
        self, layer: Layer, *, stages: int, synapses: WeightSynapses, lanes: int,
        attributes: Mapping[str, str],
    ):
        self.layer = layer
        self.stages = stages
        self.length = stages + 1
        self.synapses = synapses
        self.words = layer.neurons // lanes
        self.depth = max(2, self.words)
        self.read, self.free, self.advance, self.clear = Signal(), Signal(), Signal(), Signal()
        self.word = Signal(range(self.depth))
        self.totals = Signal(totals_layout(layer, synapses, lanes=lanes))
        self.lanes = lanes
        self.attributes = attributes
        self.given = Signal(self.lanes * given_width(layer))
        self.done, self.begins, self.busy = Signal(), Signal(), Signal()

    def elaborate(self, platform) -> Module:
        """Elaborate the memory of states, what goes along the pipeline, and the updaters."""
        m = Module()
        fixed = self.layer.fixed
        valid = [Signal(name=f"valid_{at}") for at in range(self.length)]
        number = [Signal.like(self.word, name=f"number_{at}") for at in range(self.length)]
        anew = self._start(m)
        with m.If(self.free):
            m.d.sync += [
                Cat(valid[:2]).eq(Cat(self.read, valid[0])),
                Cat(number[:2]).eq(Cat(self.word, number[0])),
            ]
        with m.If(self.advance):
            m.d.sync += [
                Cat(valid[2:]).eq(Cat(valid[1:-1])), Cat(number[2:]).eq(Cat(number[1:-1])),
            ]
        m.d.comb += [
            self.begins.eq(valid[1]), self.done.eq(valid[-1]), self.busy.eq(Cat(valid).any()),
        ]

        of_lane = data.StructLayout(
            {name: signed(form.width) for name, form in fixed.formats.items()}
        )
        m.submodules.states = states = memory.Memory(
            shape=data.ArrayLayout(of_lane, self.lanes), depth=self.depth, init=[],
            attrs={**APART, **self.attributes},
        )
        write, read = states.write_port(), states.read_port()
        m.d.comb += [
            read.addr.eq(self.word),
            read.en.eq(self.read),
            write.addr.eq(number[-1]),
            write.en.eq(valid[-1] & self.advance),
        ]
        m.submodules.constants = constants = WordConstants(self.layer.kinds // self.lanes)
        m.d.comb += constants.turn.eq(self.read)
        for lane in range(self.lanes):
            after, spike = self._lane(m, lane, read.data[lane], anew, constants)
            kept = write.data[lane]
            m.d.comb += [kept[name].eq(value) for name, value in after.items()]
            given = kept["v"] if spike is None else spike
            m.d.comb += self.given.word_select(lane, given_width(self.layer)).eq(given)
        return m

    def _start(self, m: Module) -> Signal:
        """Return whether the word that was read takes its start in place of its states."""
        fresh, anew = Signal(init=1), Signal()
        with m.If(self.read & (self.word == self.words - 1)):
            m.d.sync += fresh.eq(0)
        with m.If(self.clear):
            m.d.sync += fresh.eq(1)
        with m.If(self.free):
            m.d.sync += anew.eq(fresh)
        return anew

    def _lane(
        self, m: Module, lane: int, stored: data.View, anew: Signal, constants: "WordConstants",
    ) -> tuple[dict[str, Value], Value | None]:
        """Build the updater of a lane; return the states after the step, and the spike, if any."""
        layer, fixed = self.layer, self.layer.fixed
        kinds = range(lane, layer.kinds, self.lanes)

        def held(value: Value) -> Value:
            if isinstance(value, Const):
                return value
            register = Signal(value.shape(), name="held")
            with m.If(self.free):
                m.d.sync += register.eq(value)
            return register

        before, inputs = {}, {}
        for name in fixed.formats:
            start = constants.of([fixed.start(name, neuron=kind) for kind in kinds])
            before[name] = held(Mux(anew, start, stored[name]))
        for name in layer.definition.inputs:
            bias = constants.of([layer.biases(name)[kind] for kind in kinds])
            inputs[name] = self.synapses.current(self.totals[lane][name]) + held(bias)
        return pipelined_step(
            m, fixed, before, inputs,
            vectors={
                name: held(constants.of([values[kind] for kind in kinds]))
                for name, values in fixed.vectors.items()
            },
            stages=self.stages,
            advance=self.advance,
        )


class WordConstants(Elaboratable):
    """Constants of neurons that take turns word by word; those that differ lie in a memory.

    Parameters
    ----------
    period : int
        After how many words the constants are repeated.

    Attributes
    ----------
    turn : Signal
        High to read the constants of the next word, which are there a cycle later, and stay.
    """

    def __init__(self, period: int):
        self.period = period
        self.turn = Signal()
        self._columns: list[tuple[Sequence[int], Signal]] = []

    def of(self, values: Sequence[int]) -> Value:
        """Return the constant of the word that was read, of one for each word of a period."""
        shape = signed(Interval.of(*values).width)
        if len(set(values)) == 1:
            return Const(values[0], shape)
        constant = Signal(shape, name=f"constant_{len(self._columns)}")
        self._columns.append((values, constant))
        return constant

    def elaborate(self, platform) -> Module:
        """Elaborate the memory, and the count of words."""
        m = Module()
        if not self._columns:
            return m
        signals = [constant for _, constant in self._columns]
        widths = [len(signal) for signal in signals]
        rows = zip(*(values for values, _ in self._columns), strict=True)
        m.submodules.table = table = memory.Memory(
            shape=unsigned(sum(widths)), depth=self.period,
            init=[_packed(row, widths) for row in rows],
        )
        at = Signal(range(self.period))
        with m.If(self.turn):
            m.d.sync += at.eq(Mux(at == self.period - 1, 0, at + 1))
        port = table.read_port()
        m.d.comb += [port.addr.eq(at), port.en.eq(self.turn), Cat(signals).eq(port.data)]
        return m


def _packed(values: Sequence[int], widths: Sequence[int]) -> int:
    word = offset = 0
    for value, width in zip(values, widths, strict=True):
        word |= (value & ((1 << width) - 1)) << offset
        offset += width
    return word
