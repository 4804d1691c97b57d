"""Map layer: a layer of a map of neurons, whose sums and states lie in memories."""

from typing import Any

from amaranth import Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import memory, stream, wiring
from amaranth.lib.wiring import In, Out

from ..connection import Convolution, Dense, FeatureMap, Pooled
from ..fixed import Format
from ..layer import Layer
from .example import example_map_layer
from .ram_style import rom_attributes
from .row_layer import pack_row, update_stages
from .synapses import WeightSynapses
from .taps import tap_layout, worst_tap_cycles
from .word_neurons import WordNeurons, given_width, totals_layout

__all__ = ["PRESETS", "MapLayer", "core", "worst_step_cycles"]

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
    "pooled_dense": {  # a single word of neurons
        "connection": Pooled(
            source=FeatureMap(channels=2, height=4, width=2), window=(2, 2), stride=(2, 2),
            then=Dense(source=FeatureMap(channels=2, height=2), neurons=3),
        ),
        "neuron": "cuba_lif", "weight_bits": 4, "membrane": Format(6, 3), "stages": 3,
    },
}


def worst_step_cycles(layer: Layer, *, stages: int | None = None) -> int:
    """Return the cycles of a step in which every source spikes: no step takes more.

    They are counted from a step to the next, while nothing stalls: one for each tap, in each bit
    plane, and one for each word of neurons. Few words wait: those of a step are not read before
    those of the step before are written, ``stages + 1`` cycles after they were read.
    """
    connection = layer.connection
    stages = update_stages(layer) if stages is None else stages
    taps = worst_tap_cycles(connection) * layer.input_bits
    return max(taps + connection.words, connection.words + stages + 1)


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

    Parameters
    ----------
    layer : Layer
        Connection, weights, neuron and its parameters, format, rounding, saturation; neurons that
        do not hear themselves.
    stages : int, at least 1, optional
        Stages of an updater's pipeline; :func:`~.row_layer.update_stages` of the layer if not
        given.

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

    def __init__(self, *, layer: Layer, stages: int | None = None):
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
        self.synapses = WeightSynapses(layer)
        #: Bit planes that follow that of the taps that come.
        self.follow = Signal(range(max(2, layer.input_bits)), init=layer.input_bits - 1)
        # The word of sums that was read, and why; attributes, so that a proof can look at them.
        self.totals = Signal(totals_layout(layer, self.synapses))
        self.word = Signal(range(max(2, self.words)))
        self.adds = Signal()
        self.updates = Signal()
        self.moves = Signal()
        super().__init__({
            "i": In(stream.Signature(tap_layout(layer.connection))),
            "o": Out(stream.Signature(unsigned(self.lanes * given_width(layer)))),
            "clear": In(1),
        })

    def elaborate(self, platform) -> Module:
        """Elaborate the order of taps and words, the sums, and the neurons."""
        m = Module()
        m.submodules.neurons = neurons = WordNeurons(
            self.layer, stages=self.stages, synapses=self.synapses
        )
        taken = Signal()
        m.d.comb += [
            neurons.advance.eq(~self.o.valid | self.o.ready),
            neurons.free.eq(self.moves),
            neurons.clear.eq(self.clear),
            neurons.totals.eq(self.totals),
            self.updates.eq(neurons.begins),
            taken.eq(self.i.valid & self.i.ready),
        ]
        closes = self._planes(m, taken)
        walking, walk = self._walk(m, neurons, closes)
        m.d.comb += self.i.ready.eq(~walking & self.moves)
        self._sums(
            m, word=Mux(walking, neurons.word, self.i.payload.word),
            adds=taken & self.i.payload.tap, clears=walk, advance=neurons.advance,
        )
        with m.If(neurons.advance):
            m.d.sync += [self.o.valid.eq(neurons.done), self.o.payload.eq(neurons.given)]
        return m

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

    def _walk(self, m: Module, neurons: WordNeurons, closes: Value) -> tuple[Signal, Signal]:
        """Build the walk over all words, after a step closes, and once after a reset.

        Return whether there is one, and whether it goes on. After a reset no neuron is updated. As
        long as a word may be in the pipeline, or waits at the output behind which it would, the
        next walk does not read it.
        """
        walking, silent = Signal(init=1), Signal(init=1)
        word = Signal.like(neurons.word)
        walk = Signal()
        waits: Value = Const(0)
        if self.words <= neurons.length:
            waits = (word == 0) & (neurons.busy | ~neurons.advance)
        m.d.comb += [
            walk.eq(walking & self.moves & ~waits),
            neurons.word.eq(word),
            neurons.read.eq(walk & ~silent),
        ]
        with m.If(walk):
            m.d.sync += word.eq(word + 1)
            with m.If(word == self.words - 1):
                m.d.sync += [word.eq(0), walking.eq(0), silent.eq(0)]
        with m.If(closes):
            m.d.sync += walking.eq(1)
        return walking, walk

    def _sums(
        self, m: Module, *, word: Value, adds: Value, clears: Value, advance: Value
    ) -> None:
        """Build the weights and the sums; ``word`` is read, to add to it, or to clear it.

        In a cycle a word is read, in the next it goes to registers, and then it is written as it is
        to be. What is read while it is written is read as it is written, and so is what goes to
        registers then.
        """
        layer, bits = self.layer, self.layer.weight_bits
        m.submodules.weights = weights = memory.Memory(
            shape=unsigned(self.lanes * bits),
            depth=max(2, len(layer.weights)),
            init=[pack_row(row, bits) for row in layer.weights],
            attrs=rom_attributes(len(layer.weights)),
        )
        m.submodules.sums = sums = memory.Memory(
            shape=unsigned(len(self.totals.as_value())), depth=max(2, self.words), init=[]
        )
        row, write = weights.read_port(), sums.write_port()
        read = sums.read_port(transparent_for=(write,))
        held = Signal(row.data.shape())
        read_word, read_adds, read_clears = Signal.like(self.word), Signal(), Signal()
        writes, clearing = Signal(), Signal()
        summed = Signal.like(self.totals)
        m.d.comb += [
            self.moves.eq(advance | ~clearing),
            row.addr.eq(self.i.payload.row),
            row.en.eq(self.moves),
            read.addr.eq(word),
            read.en.eq(self.moves),
            writes.eq(self.adds | clearing),
            write.addr.eq(self.word),
            write.en.eq(self.moves & writes),
            write.data.eq(Mux(clearing, 0, summed.as_value())),
        ]
        passed = writes & (read_word == self.word)
        with m.If(self.moves):
            m.d.sync += [
                read_word.eq(word),
                read_adds.eq(adds),
                read_clears.eq(clears),
                self.word.eq(read_word),
                self.adds.eq(read_adds),
                clearing.eq(read_clears),
                self.totals.as_value().eq(Mux(passed, write.data, read.data)),
                held.eq(row.data),
            ]
        power = self._later(m, self.follow)
        for lane in range(self.lanes):
            weight = held.word_select(lane, bits).as_signed()
            for name, input in layer.definition.inputs.items():
                addend = self.synapses.contribution(input.source, weight) << power
                m.d.comb += summed[lane][name].eq(self.totals[lane][name] + addend)

    def _later(self, m: Module, value: Signal) -> Value:
        """Return what a value was when the word of sums that may be added to was read."""
        if self.layer.input_bits == 1:
            return Const(0)
        first, second = Signal.like(value), Signal.like(value)
        with m.If(self.moves):
            m.d.sync += [first.eq(value), second.eq(first)]
        return second


def core(*, stages: int | None = None, **layer: Any) -> MapLayer:
    """Make a map layer of a made-up layer; keywords as for :func:`~.example.example_map_layer`."""
    return MapLayer(layer=example_map_layer(**layer), stages=stages)
