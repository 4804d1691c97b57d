"""The event engine: a whole network, driven by spikes."""

from collections.abc import Sequence
from typing import Any

from amaranth import Cat, Const, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, connect, flipped

from ..layer import Layer
from ..network import Network
from .bank_scan import BankScan, bank_width
from .dealing import dealt
from .each_layer import banks_of, block_bits_of, shares_of
from .event_cycles import passing_cycles
from .event_presets import PRESETS
from .example import example_network
from .feedback import feedback_of
from .folding import folded_network
from .inference import InferenceEngine
from .input_scan import InputScan, cycles_ahead, scan_words
from .map_stage import MapStage
from .outputs import readout_latency
from .ram_style import RamStyle
from .row_layer import RowLayer, row_latency, row_step_cycles, update_stages
from .scan import Scan, scan_group
from .stage import dense_operations, stage_signature
from .weight_image import Weights, check_weights
from .weight_memory import WeightMemory
from .words import MOST_BITS, Words

__all__ = ["PRESETS", "EventEngine", "EventStage", "core", "worst_cycles"]

#: Cycles from a word to its first event, and from the last one to the cycle after it.
_HANDING = 1


def worst_cycles(
    network: Network, *, share: int | Sequence[int] = 4, banks: int | Sequence[int] = 1,
    most_bits: int = MOST_BITS, fold: int | Sequence[int] | None = None,
) -> int:
    """Return a number of cycles that no inference exceeds, counted as the result's ``cycles`` are.

    A host that has waited this long need not wait on. When every input and every neuron spikes in
    every step, an inference takes that long: a step passes through all layers, and the others
    follow at the pace of the slowest. A recurrent layer hears nothing of itself in the
    first step, and begins another one when it is through with the one before. A graded input is at
    most an event for each of its bits.
    """
    network, most_bits = _folded(network, fold=fold, most_bits=most_bits)
    layers, steps, shares = network.layers, network.steps, shares_of(network, share)
    if not (network.is_chain and all(layer.is_flat for layer in layers)):
        passing = passing_cycles(network, shares=shares, most_bits=most_bits)
        return passing + readout_latency(network)
    passing, paces = 0, []
    for layer, own_share, own_banks in zip(
        layers, shares, banks_of(network, banks), strict=True
    ):
        events = _most_cycles(layer, own_banks, own=steps > 1)
        through = events + _HANDING + row_latency(
            update_stages(layer), share=own_share, banks=own_banks
        )
        passing += through
        # A recurrent layer hears itself when it has given its spikes.
        paces.append(
            through + 1 if layer.recurrent else row_step_cycles(layer, events, share=own_share)
        )
    ahead = cycles_ahead(_stored(network)) if _stored(network) else 0
    return passing + (steps - 1) * max(paces) + readout_latency(network) - ahead


def _folded(
    network: Network, *, fold: int | Sequence[int] | None, most_bits: int
) -> tuple[Network, int]:
    """Return the network as it is built, and the most bits of a word of its inputs."""
    made = folded_network(network, fold)
    source = made.source
    return made, most_bits if source.is_flat or network.source == source else source.channels


def _most_cycles(layer: Layer, banks: int, *, own: bool) -> int:
    """Return the cycles of the events of a step in which every input spikes.

    With ``own`` every neuron of a recurrent layer does, too, and is heard in the last bit plane.
    """
    plane = bank_width(layer.inputs, banks)
    last = bank_width(len(layer.rows) if own else layer.inputs, banks)
    return plane * (layer.input_bits - 1) + last


class EventStage(wiring.Component):
    """A layer of the event engine: ``scan -> row layer``, and in front of it what feeds back.

    Parameters
    ----------
    layer : Layer
    share : int
        Neurons per updater; see :class:`~.row_layer.RowLayer`.
    banks : int
        Rows of weights in a cycle.
    block_bits : int, optional
        Bits of a row of weights in block RAM, at most.
    stored : int
        How many bitmaps of the inputs of an inference the stage stores, instead of taking each when
        it is through with the one before; 0 if none. Not of a recurrent layer.
    weights : {"built", "loaded"}
        Whether the weights are built in, or a host stores them.

    Members
    -------
    Those of :func:`~.stage.stage_signature`. Of a stage that stores its inputs ``i`` is always
    ready, and ``go``, In(1), has them scanned; see :class:`~.input_scan.InputScan`.
    """

    i: stream.Interface
    o: stream.Interface
    go: Signal
    clear: Signal
    arriving: Signal
    returning: Signal
    operations: Signal

    def __init__(
        self, *, layer: Layer, share: int, banks: int = 1, block_bits: int | None = None,
        stored: int = 0, weights: Weights = "built",
    ):
        self.layer = layer
        self.banks = banks
        self.stored = stored
        self.rows = RowLayer(
            layer=layer, share=share, banks=banks, block_bits=block_bits, weights=weights
        )
        self.feedback = feedback_of(layer)
        words = scan_words(width=layer.inputs, banks=banks) if stored else Words(
            bits=layer.inputs, count=1
        )
        members = stage_signature(layer, words=(words,), together=banks)
        super().__init__(members | ({"go": In(1)} if stored else {}))

    @property
    def memories(self) -> list[WeightMemory]:
        """Its memories of weights."""
        return self.rows.memories

    def elaborate(self, platform):
        """Elaborate feedback, scan and layer."""
        m = Module()
        m.submodules.scan = scan = self._scan()
        m.submodules.rows = rows = self.rows
        connect(m, scan.o, rows.i)
        connect(m, rows.o, flipped(self.o))
        m.d.comb += [
            rows.clear.eq(self.clear),
            self.operations.eq(dense_operations(
                self.layer, arriving=self.arriving, returning=self.returning
            )),
        ]
        self._count(m)
        if isinstance(scan, InputScan):
            m.d.comb += scan.go.eq(self.go)
        if self.feedback is None:
            connect(m, flipped(self.i), scan.i)
            return m
        m.submodules.feedback = feedback = self.feedback
        connect(m, flipped(self.i), feedback.i)
        connect(m, feedback.o, scan.i)
        m.d.comb += [
            feedback.i_spikes.valid.eq(rows.o.valid & rows.o.ready),
            feedback.i_spikes.payload.eq(rows.o.payload.spikes),
            feedback.clear.eq(self.clear),
        ]
        return m

    def _scan(self) -> Scan | BankScan | InputScan:
        """Make the scan of all rows."""
        width = len(self.layer.rows)
        if self.stored:
            return InputScan(width=width, banks=self.banks, count=self.stored)
        if self.banks > 1:
            return BankScan(width=width, banks=self.banks)
        return Scan(width=width, group=scan_group(width))

    def _count(self, m: Module) -> None:
        """Build the counts of this cycle: of spikes that arrive, and of the layer's own."""
        given, events = self.rows.i, self.rows.i.payload
        single = self.banks == 1
        places = [events.row] if single else [*events.places]
        spikes = Cat(events.spike) if single else events.spikes
        own: Value = Const(0, self.banks)
        if self.layer.recurrent is not None:
            inputs = dealt(range(self.layer.inputs), self.banks)
            own = Cat(place >= len(bank) for place, bank in zip(places, inputs, strict=True))
        passed = (given.valid & given.ready).replicate(self.banks) & spikes
        m.d.comb += [self.arriving.eq(sum(passed & ~own)), self.returning.eq(sum(passed & own))]


class EventEngine(InferenceEngine):
    """A network as a chain of scans and layers: ``scan -> layer -> scan -> layer ...``.

    An inference takes about as many cycles as the busiest layer has events, and a few for the depth
    of the pipeline.

    Members are those of :class:`~.inference.InferenceEngine`.

    Parameters
    ----------
    network : Network
        What to build: layers and steps.
    share : int, at least 1, or sequence of int
        Neurons per updater, in all layers or in each; of one layer as many as it has at most. A map
        has at least one updater for each lane of a word; see :class:`~.row_layer.RowLayer`.
    banks : int, at least 1, or sequence of int
        Rows of weights in a cycle, of all layers or of each; of one layer as many as it has rows at
        most. A network with maps, delays, skips or a folded layer has one.
    ram_style : {"auto", "block"}
        Where the trace of an inference lies, and sums and states of folded layers: left to
        synthesis, or in block RAM always.
    most_bits : int, at least 1
        Most bits of a word of the inputs of a map.
    fold : int, at least 1, or sequence of int, optional
        Neurons that a row of weights is added to in one cycle, in all layers or in each, at most;
        see :func:`~.each_layer.lanes_of`. Sums and states of a layer that has more lie in memories,
        and its rows are read word by word, so that it is smaller and slower. All neurons if not
        given.
    block_bits : int, at least 1, or sequence of int, optional
        Bits of a row of weights that lie in block RAM, at most, in all dense layers or in each;
        the others lie in look-up tables. All if not given, and of loaded weights.
    weights : {"built", "loaded"}
        Whether the weights are built in; or a host stores those of any network of the same shape,
        neurons and biases, in the memories that ``network`` needs.

    Raises
    ------
    ValueError
        A size is below 1, of another number of layers, or of no effect on this network.
    """

    def __init__(
        self,
        *,
        network: Network,
        share: int | Sequence[int] = 4,
        banks: int | Sequence[int] = 1,
        ram_style: RamStyle = "auto",
        most_bits: int = MOST_BITS,
        fold: int | Sequence[int] | None = None,
        block_bits: int | Sequence[int] | None = None,
        weights: Weights = "built",
    ):
        check_weights(weights)
        network, most_bits = _folded(network, fold=fold, most_bits=most_bits)
        self.share = shares_of(network, share)
        self.banks = banks_of(network, banks)
        self.block_bits = block_bits_of(network, block_bits, weights=weights)
        self.most_bits = most_bits
        self.weights: Weights = weights
        super().__init__(
            network=network, ram_style=ram_style, most_bits=most_bits,
            loaded=weights == "loaded", words=self._input_words(network),
        )

    @property
    def memories(self) -> list[WeightMemory]:
        """The memories that a host stores weights in, those of the first layer first."""
        found: list[WeightMemory] = []
        for stage in self.stages:
            assert isinstance(stage, EventStage | MapStage)
            found += stage.memories
        return found

    def stage(
        self, number: int, words: tuple[Words, ...], leaving: Words
    ) -> EventStage | MapStage:
        """Make the stage of a layer."""
        layer, share = self.network.layers[number], self.share[number]
        if layer.is_dense and layer.is_plain and words[0].count == 1:
            return EventStage(
                layer=layer, share=share, banks=self.banks[number],
                block_bits=self.block_bits[number], weights=self.weights,
                stored=_stored(self.network) if number == 0 else 0,
            )
        return MapStage(
            layer=layer, words=words, leaving=leaving, share=share, steps=self.network.steps,
            weights=self.weights, ram_style=self.ram_style,
        )

    def _input_words(self, network: Network) -> Words | None:
        """Return how the inputs come, where that is as the scan of the first stage stores them."""
        first = network.layers[0]
        flat = network.source.is_flat and first.is_dense and first.is_plain
        if not (flat and _stored(network)):
            return None
        return scan_words(width=first.inputs, banks=self.banks[0])


def _stored(network: Network) -> int:
    """Return how many bitmaps of inputs a dense first stage stores: all, where it may."""
    first, *others = network.layers
    heard = any(
        number + 1 == origin.back
        for number, layer in enumerate(others, start=1) for origin in layer.origins
    )
    return 0 if heard or first.recurrent is not None else network.planes


def core(
    *, share: int | Sequence[int] = 4, banks: int | Sequence[int] = 1,
    most_bits: int = MOST_BITS, fold: int | Sequence[int] | None = None,
    block_bits: int | Sequence[int] | None = None, weights: Weights = "built", **network: Any,
) -> EventEngine:
    """Make the engine of a made-up network; keywords as for :func:`~.example.example_network`."""
    return EventEngine(
        network=example_network(**network), share=share, banks=banks, most_bits=most_bits,
        fold=fold, block_bits=block_bits, weights=weights,
    )
