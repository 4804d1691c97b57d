"""Map layer: a layer of a map of neurons, whose sums and states lie in memories."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from amaranth import Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import memory, stream, wiring
from amaranth.lib.wiring import In, Out

from ..connection import Convolution, Dense, FeatureMap, Folded, Pooled
from ..fixed import Format
from ..layer import Layer
from .example import example_map_layer
from .ram_style import APART, RamStyle, check_ram_style, ram_attributes
from .row_layer import update_stages
from .synapses import LoadedSynapses, WeightSynapses
from .taps import tap_layout, worst_tap_cycles
from .weight_image import Weights, layer_images
from .weight_memory import WeightMemory
from .word_neurons import WordNeurons, given_width, totals_layout

__all__ = ["PRESETS", "MapLayer", "core", "turns_of", "worst_step_cycles"]

PRESETS = {
    "k3_p1": {
        "connection": Convolution(
            source=FeatureMap(channels=2, height=4, width=3), channels=3, kernel=(3, 3),
            padding=(1, 1),
        ),
        "neuron": "lif", "weight_bits": 4, "membrane": Format(6, 2),
    },
    "k3_s2_g2_biased": {
        "connection": Convolution(
            source=FeatureMap(channels=4, height=5, width=5), channels=4, kernel=(3, 3),
            stride=(2, 2), groups=2,
        ),
        "neuron": "lif", "weight_bits": 3, "membrane": Format(6, 2), "biased": True,
        "parameters": {"decay": (0.5, 0.75, 0.875, 1.0), "threshold": (3.0, 4.0, 5.0, 2.5)},
    },
    "k3_depthwise": {
        "connection": Convolution(
            source=FeatureMap(channels=3, height=4, width=4), channels=3, kernel=(3, 3),
            padding=(1, 1), groups=3,
        ),
        "neuron": "nir_lif", "weight_bits": 4, "membrane": Format(6, 3),
        "parameters": {"v_leak": (-1.0, 0.5, 2.0), "v_threshold": 8.0, "tau": 4.0, "r": 4.0},
    },
    "pooled_k3_alpha": {  # excitatory and inhibitory inputs, five states
        "connection": Pooled(
            source=FeatureMap(channels=2, height=6, width=4), window=(2, 2), stride=(2, 2),
            then=Convolution(
                source=FeatureMap(channels=2, height=3, width=2), channels=2, kernel=(3, 3),
                padding=(1, 1),
            ),
        ),
        "neuron": "alpha", "weight_bits": 4, "membrane": Format(6, 4), "exponent": 2,
        "biased": True,
    },
    "k3_1d_graded": {
        "connection": Convolution(
            source=FeatureMap(channels=2, width=7), channels=4, kernel=(1, 3), stride=(1, 2),
            padding=(0, 1),
        ),
        "neuron": "lif", "weight_bits": 4, "membrane": Format(9, 2), "input_bits": 3,
    },
    "first_k2_alif": {
        "connection": Convolution(
            source=FeatureMap(channels=2, height=3, width=3, channels_first=True), channels=2,
            kernel=(2, 2),
        ),
        "neuron": "alif", "weight_bits": 3, "membrane": Format(5, 4), "stages": 2,
    },
    "k2_li": {  # neurons that never spike
        "connection": Convolution(
            source=FeatureMap(channels=2, height=3, width=3), channels=2, kernel=(2, 2),
        ),
        "neuron": "li", "weight_bits": 4, "membrane": Format(6, 2),
        "parameters": {"decay": (0.5, 0.875)},
    },
    "folded": {
        "connection": Folded(
            source=FeatureMap(channels=2, width=2), neurons=8, per_word=2
        ),
        "neuron": "lif", "weight_bits": 4, "membrane": Format(6, 2), "biased": True, "share": 2,
    },
    "pooled_dense": {  # a single word of neurons
        "connection": Pooled(
            source=FeatureMap(channels=2, height=4, width=2), window=(2, 2), stride=(2, 2),
            then=Dense(source=FeatureMap(channels=2, height=2), neurons=3),
        ),
        "neuron": "cuba_lif", "weight_bits": 4, "membrane": Format(6, 3), "stages": 3,
    },
}


def _in_turn(layer: Layer) -> bool:
    """Return whether each event reaches all words in turn, and none before it was written."""
    return isinstance(layer.connection, Folded) and layer.connection.words > 2


def turns_of(layer: Layer, *, share: int) -> int:
    """Return in how many turns the neurons of a word are updated, if ``share`` at most share."""
    lanes = layer.connection.lanes
    if not _in_turn(layer):
        return 1
    return max(one for one in range(1, min(share, lanes) + 1) if lanes % one == 0)


def worst_step_cycles(layer: Layer, *, stages: int | None = None, share: int = 1) -> int:
    """Return the cycles of a step in which every source spikes: no step takes more.

    They are counted from a step to the next, while nothing stalls: one for each tap, in each bit
    plane, and one for each word of neurons. Few words wait: those of a step are not read before
    those of the step before are written, ``stages + 1`` cycles after they were read.
    """
    connection = layer.connection
    stages = update_stages(layer) if stages is None else stages
    taps = worst_tap_cycles(connection) * layer.input_bits
    updates = connection.words * turns_of(layer, share=share)
    return max(taps + updates, updates + stages + 1)


class MapLayer(wiring.Component):
    """A layer of a map of neurons that adds one row of weights to one word of sums per tap.

    A word is ``layer.connection.lanes`` neurons. The sums of a word are read, added to and written
    back in three cycles, and a tap that follows sees what the one before writes. After the last tap
    of a step all words pass an updater, one a cycle, whose lanes are a pipeline each; their states
    lie in a memory, too, and the sums are cleared as they are read. Throughput is one tap per
    cycle, and a cycle more for each word in a step; latency from the last tap of a step to its
    first output is ``stages + 3`` cycles.

    After a reset, and only then, sums are cleared first, which takes a cycle for each word.

    Sums grow to full precision: they hold a step in which every source spikes. Graded inputs come
    as bit planes, the most significant first, each closed by ``last``; a row of a plane is added
    with as many zeros behind it as planes follow.

    Of a folded connection each event reaches all words in turn. With three words and more, none is
    read before it is written, the first taps of a step are added to nothing, so that no sum is
    cleared, and neurons of a word may take turns in an updater: a step then takes ``share`` cycles
    for each word in its update, and its first output comes as many later.

    Parameters
    ----------
    layer : Layer
        Connection, weights, neuron and its parameters, format, rounding, saturation; neurons that
        do not hear themselves.
    stages : int, at least 1, optional
        Stages of an updater's pipeline; :func:`~.row_layer.update_stages` of the layer if not
        given.
    weights : {"built", "loaded"}
        Whether the weights are built in, or a host stores others in their place.
    share : int, at least 1
        Neurons per updater, at most: the largest part of a word without a remainder. Of no effect
        but on a folded connection of three words and more.
    ram_style : {"auto", "block"}
        Where the sums and states of a folded connection of three words and more lie: left to
        synthesis, or in block RAM always.

    Members
    -------
    i : In(stream.Signature(tap_layout(layer.connection)))
        Taps: ``row``, ``word``, ``tap`` and ``last``, as :class:`~.taps.Taps` gives them;
        ``layer.input_bits`` passes for each step.
    o : Out(stream.Signature(unsigned(layer.connection.lanes * given_width(layer))))
        The spikes of a word, or the membranes of neurons that never spike, lane 0 lowest; the words
        in order: one transfer for each word in a step.
    clear : In(1)
        Sets all states to their start; only while the layer is empty: no tap inside, no output
        waiting.

    Raises
    ------
    ValueError
        The neurons hear themselves, or there is no stage.
    """

    i: stream.Interface
    o: stream.Interface
    clear: Signal

    def __init__(
        self, *, layer: Layer, stages: int | None = None, weights: Weights = "built",
        share: int = 1, ram_style: RamStyle = "auto",
    ):
        check_ram_style(ram_style)
        if layer.recurrent is not None:
            raise ValueError(
                f"a map layer has neurons that do not hear themselves, not {layer.definition.name}"
            )
        self.layer = layer
        self.stages = update_stages(layer) if stages is None else stages
        if self.stages < 1:
            raise ValueError(f"an updater has at least one stage, not {stages}")
        self.words = layer.connection.words
        self.lanes = layer.connection.lanes
        self.in_turn = _in_turn(layer)
        #: Turns of the neurons of a word in the updaters, and how many of these there are.
        self.turns = turns_of(layer, share=share)
        self.updaters = self.lanes // self.turns
        self.synapses = (LoadedSynapses if weights == "loaded" else WeightSynapses)(layer)
        self.weights: Weights = weights
        self.attributes = ram_attributes(ram_style) if self.in_turn else {}
        #: Bit planes that follow that of the taps that come.
        self.follow = Signal(range(max(2, layer.input_bits)), init=layer.input_bits - 1)
        # The word of sums that was read, and why; attributes, so that a proof can look at them.
        self.totals = Signal(totals_layout(layer, self.synapses, lanes=self.lanes))
        self.word = Signal(range(max(2, self.words)))
        self.adds = Signal()
        self.updates = Signal()
        self.moves = Signal()
        self.shifted = Signal()  # neurons that have a later turn are first there
        super().__init__({
            "i": In(stream.Signature(tap_layout(layer.connection))),
            "o": Out(stream.Signature(unsigned(self.lanes * given_width(layer)))),
            "clear": In(1),
        })

    @cached_property
    def memories(self) -> list[WeightMemory]:
        """Its memories of weights."""
        images = layer_images(self.layer, banks=1)
        return [WeightMemory(image, weights=self.weights) for image in images]

    def elaborate(self, platform) -> Module:
        """Elaborate the order of taps and words, the sums, and the neurons."""
        m = Module()
        m.submodules.neurons = neurons = WordNeurons(
            self.layer, stages=self.stages, synapses=self.synapses, lanes=self.updaters,
            attributes=self.attributes,
        )
        taken = Signal()
        m.d.comb += [
            neurons.advance.eq(~self.o.valid | self.o.ready),
            neurons.free.eq(self.moves),
            neurons.clear.eq(self.clear),
            neurons.totals.as_value().eq(self.totals.as_value()),
            self.updates.eq(neurons.begins),
            taken.eq(self.i.valid & self.i.ready),
        ]
        closes = self._planes(m, taken)
        walk = self._walk(m, neurons, closes)
        m.d.comb += self.i.ready.eq(~walk.on & self.moves)
        self._sums(m, walk=walk, adds=taken & self.i.payload.tap, advance=neurons.advance)
        self._give(m, neurons)
        return m

    def _give(self, m: Module, neurons: WordNeurons) -> None:
        """Build the output: a word, once all of it has had its turn."""
        given = neurons.given
        if self.turns == 1:
            with m.If(neurons.advance):
                m.d.sync += [self.o.valid.eq(neurons.done), self.o.payload.eq(given)]
            return
        turn = Signal(range(self.turns))
        with m.If(neurons.advance):
            m.d.sync += self.o.valid.eq(neurons.done & (turn == self.turns - 1))
            with m.If(neurons.done):
                m.d.sync += [
                    self.o.payload.eq(Cat(self.o.payload, given)[len(given) :]),
                    turn.eq(Mux(turn == self.turns - 1, 0, turn + 1)),
                ]

    def _planes(self, m: Module, taken: Value) -> Value:
        """Build the count of a step's bit planes; return whether the tap taken closes the step."""
        last = taken & self.i.payload.last
        if self.layer.input_bits == 1:
            return last
        with m.If(last):
            m.d.sync += self.follow.eq(
                Mux(self.follow == 0, self.layer.input_bits - 1, self.follow - 1)
            )
        return last & (self.follow == 0)

    def _walk(self, m: Module, neurons: WordNeurons, closes: Value) -> "_Walk":
        """Build the walk over all words, after a step closes, and once after a reset.

        After a reset no neuron is updated; sums that need not be cleared are not walked over then.
        As long as a word may be in the pipeline, or waits at the output behind which it would, the
        next walk does not read it.
        """
        walking, silent = Signal(init=not self.in_turn), Signal(init=not self.in_turn)
        word, turn = Signal(range(max(2, self.words))), Signal(range(max(2, self.turns)))
        place = Signal.like(neurons.word)  # of the neurons whose turn it is
        walk, ends = Signal(), Signal()
        waits: Value = Const(0)
        if neurons.words <= neurons.length:
            waits = (place == 0) & (neurons.busy | ~neurons.advance)
        m.d.comb += [
            walk.eq(walking & self.moves & ~waits),
            ends.eq(walk & (place == neurons.words - 1)),
            neurons.word.eq(place),
            neurons.read.eq(walk & ~silent),
        ]
        with m.If(walk):
            m.d.sync += [place.eq(place + 1), turn.eq(turn + 1)]
            with m.If(turn == self.turns - 1):
                m.d.sync += [turn.eq(0), word.eq(word + 1)]
            with m.If(ends):
                m.d.sync += [place.eq(0), word.eq(0), walking.eq(0), silent.eq(0)]
        with m.If(closes):
            m.d.sync += walking.eq(1)
        return _Walk(on=walking, goes=walk, ends=ends, word=word, turn=turn)

    def _sums(self, m: Module, *, walk: "_Walk", adds: Value, advance: Value) -> None:
        """Build the weights and the sums; a word is read, to add to it, or to update its neurons.

        In a cycle a word is read, in the next it goes to registers, and then it is written as it is
        to be. Unless the words take turns, what is read while it is written is read as it is
        written, and so is what goes to registers then; and a word that is updated is cleared.
        """
        layer, bits = self.layer, self.layer.weight_bits
        (row,) = self.memories
        m.submodules.weights = row
        m.submodules.sums = sums = memory.Memory(
            shape=unsigned(len(self.totals.as_value())), depth=max(2, self.words), init=[],
            attrs=APART | self.attributes if self.in_turn else {},
        )
        write = sums.write_port()
        read = sums.read_port(transparent_for=() if self.in_turn else (write,))
        held = Signal(row.data.shape())
        read_word, read_adds = Signal.like(self.word), Signal()
        read_walks, walks = Signal(), Signal()
        word = Mux(walk.on, walk.word, self.i.payload.word)
        summed = Signal.like(self.totals)
        m.d.comb += [
            self.moves.eq(advance | ~walks),
            row.address.eq(self.i.payload.row),
            row.enable.eq(self.moves),
            read.addr.eq(word),
            read.en.eq(self.moves),
            write.addr.eq(self.word),
        ]
        with m.If(self.moves):
            m.d.sync += [
                read_word.eq(word),
                read_adds.eq(adds),
                read_walks.eq(walk.goes),
                self.word.eq(read_word),
                self.adds.eq(read_adds),
                walks.eq(read_walks),
                held.eq(row.data),
            ]
        if self.in_turn:
            m.d.comb += [write.en.eq(self.moves & self.adds), write.data.eq(summed.as_value())]
            self._read_in_turn(m, walk=walk, adds=adds, read=read.data)
        else:
            writes = self.adds | walks
            m.d.comb += [
                write.en.eq(self.moves & writes),
                write.data.eq(Mux(walks, 0, summed.as_value())),
            ]
            passed = writes & (read_word == self.word)
            with m.If(self.moves):
                m.d.sync += self.totals.as_value().eq(Mux(passed, write.data, read.data))
        power = self._later(m, self.follow)
        for lane in range(self.lanes):
            weight = held.word_select(lane, bits).as_signed()
            for name, input in layer.definition.inputs.items():
                addend = self.synapses.contribution(input.source, weight) << power
                m.d.comb += summed[lane][name].eq(self.totals[lane][name] + addend)

    def _read_in_turn(self, m: Module, *, walk: "_Walk", adds: Value, read: Value) -> None:
        """Build the registers of sums of words that take turns.

        Until the first event of a step has reached all words, what is read is of the step before.
        The neurons of a word that take turns follow one another from its sums.
        """
        old, read_old, shifts = Signal(init=1), Signal(), Signal()
        with m.If(adds & (self.i.payload.word == self.words - 1)):
            m.d.sync += old.eq(0)
        with m.If(walk.ends):
            m.d.sync += old.eq(1)
        totals = self.totals.as_value()
        following = totals >> len(totals) // self.turns
        with m.If(self.moves):
            m.d.sync += [
                read_old.eq(old),
                self.shifted.eq(shifts),
                shifts.eq(walk.goes & (walk.turn != 0)),
                totals.eq(Mux(shifts, following, Mux(read_old, 0, read))),
            ]

    def _later(self, m: Module, value: Signal) -> Value:
        """Return what a value was when the word of sums that may be added to was read."""
        if self.layer.input_bits == 1:
            return Const(0)
        first, second = Signal.like(value), Signal.like(value)
        with m.If(self.moves):
            m.d.sync += [first.eq(value), second.eq(first)]
        return second


@dataclass(frozen=True, kw_only=True)
class _Walk:
    """The walk over all words of a step: whether there is one, and whether it goes on and ends.

    ``word`` is the word of sums that it is at, ``turn`` which of its neurons have their turn.
    """

    on: Signal
    goes: Signal
    ends: Signal
    word: Signal
    turn: Signal


def core(
    *, stages: int | None = None, share: int = 1, ram_style: RamStyle = "auto", **layer: Any
) -> MapLayer:
    """Make a map layer of a made-up layer; keywords as for :func:`~.example.example_map_layer`."""
    return MapLayer(
        layer=example_map_layer(**layer), stages=stages, share=share, ram_style=ram_style
    )
