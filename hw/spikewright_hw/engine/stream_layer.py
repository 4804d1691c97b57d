"""Stream layer: a dense layer of any neuron that multiplies and adds bitstreams."""

from dataclasses import dataclass
from typing import Any

from amaranth import Array, Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..fixed import Format
from ..layer import Layer
from .example import example_layer
from .neuron_group import NeuronGroup
from .row_layer import step_layout, update_stages
from .scan import Scan, scan_group
from .stream_lane import StreamLane, blocks
from .stream_products import PAIRS
from .stream_synapses import StreamSynapses
from .streams import Encoding, SourceName, Streams, check_streams

__all__ = [
    "PRESETS", "StreamLayer", "core", "stream_step_cycles", "stream_update_stages",
]

PRESETS = {
    "i12_n9_l16": {
        "inputs": 12, "neurons": 9, "neuron": "lif", "weight_bits": 4, "membrane": Format(5, 3),
        "length": 16, "lanes": 2,
    },
    "i5_n6_l32_bipolar": {
        "inputs": 5, "neurons": 6, "neuron": "li", "weight_bits": 6, "membrane": Format(7, 2),
        "length": 32, "source": "lfsr", "encoding": "bipolar", "lanes": 2, "share": 3,
    },
    "i6_n5_l64_alpha": {  # excitatory and inhibitory inputs, five states
        "inputs": 6, "neurons": 5, "neuron": "alpha", "weight_bits": 5, "membrane": Format(4, 6),
        "exponent": 4, "length": 64, "source": "halton", "lanes": 4, "share": 2,
    },
    "i5_n6_l16_recurrent": {
        "inputs": 5, "neurons": 6, "neuron": "recurrent_lif", "weight_bits": 3,
        "membrane": Format(5, 2), "length": 16, "source": "van_der_corput", "encoding": "unipolar",
        "lanes": 4, "share": 3,
    },
    "i5_n4_l16_biased": {
        "inputs": 5, "neurons": 4, "neuron": "lif", "weight_bits": 4, "membrane": Format(5, 3),
        "biased": True, "length": 16, "lanes": 2,
    },
}


def stream_update_stages(layer: Layer) -> int:
    """Return the stages of an updater: one for each adder, as a step is long anyway."""
    return update_stages(layer, adders=1)


def stream_step_cycles(layer: Layer, streams: Streams, blocks: Any, *, share: int) -> Any:
    """Return the cycles from a step to its output.

    ``blocks`` is how many blocks of rows each pass goes over, at least 1; an array of them gives
    an array.
    """
    return streams.length * blocks + share + stream_update_stages(layer) + 7


class StreamLayer(wiring.Component):
    """A dense layer on bitstreams, several rows of weights at once.

    Rows come in blocks of ``lanes``. A step makes ``streams.length`` passes, and each goes over the
    blocks in which something spiked, one block a cycle; over all blocks where a silent input is a
    stream, too. A pass has one number, which says at which place all weights are read: see
    :class:`~.stream_lane.StreamLane`. The products of a cycle are counted in parallel for each
    neuron and added to its sum. After the last pass the neurons are updated, ``share`` of them in
    turns.

    From a step with ``b`` such blocks to its output it takes
    ``length * max(b, 1) + share + stages + 7`` cycles. In the cycle after that in which the output
    is taken, the next step may come.

    Parameters
    ----------
    layer : Layer
        Weights, neuron and its parameters, format, rounding, saturation.
    streams : Streams
        ``length`` (16 to 65536, a power of two), ``source`` and ``encoding`` of the bitstreams;
        unless given, these are 256, ``sobol`` and ``sign_magnitude``.
    lanes : int, a power of two
        Rows at once.
    share : int, at least 1
        Neurons per updater.
    stages : int, at least 1, optional
        Stages of an updater's pipeline; :func:`stream_update_stages` of the layer if not given: one
        for each adder of the neuron.

    Members
    -------
    i : In(stream.Signature(unsigned(len(layer.rows))))
        A bit for each row: spikes of one step, those of the layer's own neurons after those of the
        inputs.
    o : Out(stream.Signature(step_layout(layer)))
        One transfer per step: ``spikes``, or ``membranes`` of a readout.
    clear : In(1)
        Sets all states to their start; only while the layer is empty.
    arriving, returning : Out(range(lanes + 1))
        How many spikes of the inputs, and of the layer's own neurons, are counted in this cycle;
        each is counted once, in the first pass.
    passes : Out(range(streams.length + 1))
        Passes of this step, or of the last one, that are over.
    """

    i: stream.Interface
    o: stream.Interface
    clear: Signal
    arriving: Signal
    returning: Signal
    passes: Signal

    def __init__(
        self,
        *,
        layer: Layer,
        streams: Streams,
        lanes: int = 1,
        share: int = 4,
        stages: int | None = None,
    ):
        if lanes < 1 or lanes & (lanes - 1):
            raise ValueError(f"a layer has a power of two of lanes, not {lanes}")
        if share < 1:
            raise ValueError(f"an updater serves at least one neuron, not {share}")
        check_streams(streams, layer, name="the layer")
        self.layer = layer
        self.streams = streams
        self.lanes = lanes
        self.share = share
        self.stages = stream_update_stages(layer) if stages is None else stages
        if self.stages < 1:
            raise ValueError(f"an updater has at least one stage, not {stages}")
        # What the groups of neurons get; attributes, so that a proof can look at them.
        self.closing = Signal()
        self.updating = Signal()
        self.turn = Signal(range(self.share + self.stages - 1))
        super().__init__({
            "i": In(stream.Signature(unsigned(len(layer.rows)))),
            "o": Out(stream.Signature(step_layout(layer))),
            "clear": In(1),
            "arriving": Out(range(lanes + 1)),
            "returning": Out(range(lanes + 1)),
            "passes": Out(range(streams.length + 1)),
        })

    def elaborate(self, platform) -> Module:
        """Elaborate passes, lanes, sums and updates."""
        m = Module()
        layer = self.layer
        working = Signal()
        now = self._passes(m, working)
        lanes = self._lanes(m, now)
        first_own = -(-layer.inputs // self.lanes)
        own = now.block >= first_own if layer.recurrent is not None else Const(0)
        told = Mux(now.adds & (self.passes == 0), now.spikes, 0)
        spiked = sum(told[lane] for lane in range(self.lanes))
        m.d.sync += [
            self.arriving.eq(Mux(own, 0, spiked)), self.returning.eq(Mux(own, spiked, 0))
        ]
        # The products are added up in the fourth cycle after a block, and to the sums in the fifth.
        adding, own_adding = _delayed(m, "adding", now.adds, 4), _delayed(m, "own", own, 4)
        last = _delayed(m, "last", now.ended & (self.passes == self.streams.length - 1), 4)
        synapses = StreamSynapses(layer, self.streams, lanes=self.lanes)
        addends = self._addends(m, lanes, synapses)
        self._time_updates(m, working, last)
        m.d.comb += self.closing.eq(last)
        self._update(m, synapses, addends, accumulate=adding, own=own_adding)
        return m

    def _passes(self, m: Module, working: Signal) -> "_Block":
        """Build the passes: the scan goes over the blocks of a bitmap, again and again."""
        length, rows = self.streams.length, blocks(self.layer, lanes=self.lanes)
        spikes = [Signal(self.lanes, name=f"spikes_{number}") for number in range(len(rows))]
        begun = Signal.like(self.passes, name="begun")
        start = self.i.valid & self.i.ready
        m.submodules.scan = scan = Scan(width=len(rows), group=scan_group(len(rows)))
        m.d.comb += [
            self.i.ready.eq(~working & ~self.o.valid),
            scan.i.valid.eq(working & (begun != length)),
            scan.i.payload.eq(
                ~0 if self.streams.encoding == "bipolar"
                else Cat(part.any() for part in spikes)
            ),
            scan.o.ready.eq(1),
        ]
        with m.If(start):
            m.d.sync += [
                *(
                    part.eq(self.i.payload[block.start : block.stop])
                    for part, block in zip(spikes, rows, strict=True)
                ),
                working.eq(1), begun.eq(0), self.passes.eq(0),
            ]
        with m.Elif(scan.i.valid & scan.i.ready):
            m.d.sync += begun.eq(begun + 1)
        block, adds, ended = Signal.like(scan.o.payload.row), Signal(), Signal()
        m.d.sync += [
            block.eq(scan.o.payload.row),
            adds.eq(scan.o.valid & scan.o.payload.spike),
            ended.eq(scan.o.valid & scan.o.payload.last),
        ]
        read = Signal(self.lanes)
        m.d.comb += read.eq(Array(spikes)[block])
        with m.If(ended):
            m.d.sync += self.passes.eq(self.passes + 1)
        return _Block(start=start, block=block, spikes=read, adds=adds, ended=ended)

    def _lanes(self, m: Module, now: "_Block") -> list[StreamLane]:
        """Build the lanes, whose products come three cycles later, and a number for each pass."""
        pair = PAIRS[self.streams.source]
        numbers = {"weights": pair.weights.core(width=self.streams.order)}
        if self.streams.encoding == "bipolar":
            numbers["inputs"] = pair.inputs.core(width=self.streams.order)
        for name, source in numbers.items():
            m.submodules[name] = source
            m.d.comb += [
                source.reseed.eq(now.start), source.seed.eq(source.init),
                source.enable.eq(now.ended),
            ]
        lanes = [
            StreamLane(layer=self.layer, streams=self.streams, lane=lane, lanes=self.lanes)
            for lane in range(self.lanes)
        ]
        for number, lane in enumerate(lanes):
            m.submodules[f"lane_{number}"] = lane
            m.d.comb += [
                lane.block.eq(now.block),
                lane.spike.eq(now.spikes[number]),
                lane.number.eq(numbers["weights"].state),
            ]
            if "inputs" in numbers:
                m.d.comb += lane.silent.eq(numbers["inputs"].state[-1])
        return lanes

    def _addends(self, m: Module, lanes: list[StreamLane], synapses: StreamSynapses) -> data.View:
        """Build what each neuron's sums get of a block."""
        addends = Signal(data.ArrayLayout(synapses.addend, self.layer.neurons))
        for neuron in range(self.layer.neurons):
            added = synapses.add(
                m,
                Cat(lane.counts[neuron] for lane in lanes),
                Cat(lane.down[neuron] for lane in lanes),
            )
            m.d.sync += [addends[neuron][name].eq(value) for name, value in added.items()]
        return addends

    def _time_updates(self, m: Module, working: Signal, last: Value) -> None:
        """Count through an update, after the last block of a step, and offer its results."""
        updating, turn = self.updating, self.turn
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(last):
            m.d.sync += updating.eq(1)
        with m.If(updating):
            m.d.sync += turn.eq(turn + 1)
            with m.If(turn == self.share + self.stages - 2):
                m.d.sync += [turn.eq(0), updating.eq(0), working.eq(0), self.o.valid.eq(1)]

    def _update(
        self, m: Module, synapses: StreamSynapses, addends: data.View, *,
        accumulate: Value, own: Value,
    ) -> None:
        """Build the groups of neurons, which keep the sums and update the states."""
        width = len(Value.cast(addends[0]))
        groups = [
            NeuronGroup(
                layer=self.layer, first=first, share=self.share, stages=self.stages,
                synapses=synapses,
            )
            for first in range(0, self.layer.neurons, self.share)
        ]
        for number, group in enumerate(groups):
            m.submodules[f"group_{number}"] = group
            part = addends.as_value()[number * self.share * width :]
            m.d.comb += [
                group.addends.as_value().eq(part),
                group.own.eq(own),
                group.accumulate.eq(accumulate),
                group.close.eq(self.closing),
                group.update.eq(self.updating),
                group.turn.eq(self.turn),
                group.clear.eq(self.clear),
            ]
        m.d.comb += self.o.payload.as_value().eq(Cat(group.o for group in groups))


@dataclass(frozen=True, kw_only=True)
class _Block:
    """The block that is read: its number, what spiked in it, and where in a step it stands.

    ``start`` is high as a step begins; ``adds`` where something of the block is to be added, and
    ``ended`` with the last block of a pass.
    """

    start: Value
    block: Signal
    spikes: Signal
    adds: Signal
    ended: Signal


def _delayed(m: Module, name: str, value: Value, cycles: int) -> Value:
    """Return a bit as it was some cycles ago."""
    steps = Signal(cycles, name=name)
    m.d.sync += steps.eq(Cat(value, steps))
    return steps[-1]


def core(
    *,
    length: int,
    source: SourceName = "sobol",
    encoding: Encoding = "sign_magnitude",
    lanes: int = 1,
    share: int = 4,
    **layer: Any,
) -> StreamLayer:
    """Make a stream layer of a made-up layer; keywords as for :func:`~.example.example_layer`."""
    streams = Streams(length=length, source=source, encoding=encoding)
    return StreamLayer(layer=example_layer(**layer), streams=streams, lanes=lanes, share=share)
