"""The stochastic engine: a whole network on bitstreams."""

from typing import Any

from amaranth import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import connect, flipped

from ..fixed import Format
from ..layer import Layer
from ..network import Network
from .each_layer import shares_of
from .example import example_network
from .feedback import feedback_of
from .inference import InferenceEngine
from .outputs import readout_latency
from .ram_style import RamStyle
from .stage import dense_operations, stage_signature
from .stream_lane import blocks
from .stream_layer import StreamLayer, stream_step_cycles
from .streams import Encoding, SourceName, Streams, check_network
from .words import Words

__all__ = ["PRESETS", "StochasticEngine", "StochasticStage", "core", "worst_cycles"]

PRESETS = {
    "n12_9_5_l16": {
        "sizes": (12, 9, 5), "steps": 4, "weight_bits": 4, "membrane": Format(6, 2), "length": 16,
        "lanes": 2,
    },
    "n9_7_8_4_mixed": {
        "sizes": (9, 7, 8, 4), "steps": 3, "weight_bits": 4, "membrane": Format(4, 5),
        "neurons": ("recurrent_lif", "cuba_lif", "nir_cuba_li"), "exponent": 2, "length": 32,
        "source": "lfsr", "encoding": "bipolar", "lanes": 4, "share": 2,
    },
    "n8_6_4_l16_first": {
        "sizes": (8, 6, 4), "steps": 3, "weight_bits": 4, "membrane": Format(6, 2), "biased": True,
        "readout": "first", "length": 16, "lanes": 4,
    },
}


def worst_cycles(
    network: Network, streams: Streams, *, lanes: int = 4, share: int = 4
) -> int:
    """Return a number of cycles that no inference exceeds, counted as the result's ``cycles`` are.

    It is the number itself where something spikes in every block of every layer in every step: a
    step passes through all layers, and the others follow at the pace of the slowest.
    """
    busy = [
        stream_step_cycles(layer, streams, len(blocks(layer, lanes=lanes)), share=one)
        for layer, one in zip(network.layers, shares_of(network, share), strict=True)
    ]
    pace = max(busy) + 1
    return sum(busy) + (network.steps - 1) * pace + readout_latency(network)


class StochasticStage(wiring.Component):
    """A layer of the stochastic engine, and in front of it what feeds back.

    Parameters
    ----------
    layer : Layer
    streams : Streams
    lanes, share : int
        Of the :class:`~.stream_layer.StreamLayer`.

    Members
    -------
    Those of :func:`~.stage.stage_signature`.
    """

    i: stream.Interface
    o: stream.Interface
    clear: Signal
    arriving: Signal
    returning: Signal
    operations: Signal

    def __init__(self, *, layer: Layer, streams: Streams, lanes: int, share: int):
        self.layer = StreamLayer(layer=layer, streams=streams, lanes=lanes, share=share)
        self.feedback = feedback_of(layer)
        words = Words(bits=layer.inputs, count=1)
        super().__init__(stage_signature(layer, words=(words,), together=lanes))

    def elaborate(self, platform):
        """Elaborate feedback and layer."""
        m = Module()
        m.submodules.streams = streams = self.layer
        connect(m, streams.o, flipped(self.o))
        m.d.comb += [
            streams.clear.eq(self.clear),
            self.arriving.eq(streams.arriving),
            self.returning.eq(streams.returning),
            self.operations.eq(dense_operations(
                self.layer.layer, arriving=self.arriving, returning=self.returning
            )),
        ]
        if self.feedback is None:
            connect(m, flipped(self.i), streams.i)
            return m
        m.submodules.feedback = feedback = self.feedback
        connect(m, flipped(self.i), feedback.i)
        connect(m, feedback.o, streams.i)
        m.d.comb += [
            feedback.i_spikes.valid.eq(streams.o.valid & streams.o.ready),
            feedback.i_spikes.payload.eq(streams.o.payload.spikes),
            feedback.clear.eq(self.clear),
        ]
        return m


class StochasticEngine(InferenceEngine):
    """A network as a chain of stream layers, each at work on its own step.

    An inference takes about as many cycles as the busiest layer has blocks with a spike in all
    steps, times the length of the streams.

    Members are those of :class:`~.inference.InferenceEngine`.

    Parameters
    ----------
    network : Network
        What to build: layers and steps.
    streams : Streams
        ``length``, ``source`` and ``encoding`` of the bitstreams, the same in all layers; unless
        given, these are 256, ``sobol`` and ``sign_magnitude``.
    lanes : int, a power of two
        Rows at once, in every layer; see :class:`~.stream_layer.StreamLayer`.
    share : int, at least 1
        Neurons per updater, in every layer; of one layer as many as it has at most.
    ram_style : {"auto", "block"}
        Where the trace of an inference lies: left to synthesis, or in block RAM always.
    """

    def __init__(
        self,
        *,
        network: Network,
        streams: Streams,
        lanes: int = 4,
        share: int = 4,
        ram_style: RamStyle = "auto",
    ):
        if lanes < 1 or lanes & (lanes - 1):
            raise ValueError(f"a layer has a power of two of lanes, not {lanes}")
        check_network(streams, network)
        self.streams = streams
        self.lanes = lanes
        self.share = shares_of(network, share)
        super().__init__(network=network, ram_style=ram_style)

    def stage(
        self, number: int, words: tuple[Words, ...], leaving: Words
    ) -> StochasticStage:
        """Make the stage of a layer."""
        layer = self.network.layers[number]
        return StochasticStage(
            layer=layer, streams=self.streams, lanes=self.lanes, share=self.share[number]
        )


def core(
    *,
    length: int,
    source: SourceName = "sobol",
    encoding: Encoding = "sign_magnitude",
    lanes: int = 4,
    share: int = 4,
    **network: Any,
) -> StochasticEngine:
    """Make the engine of a made-up network; keywords as for :func:`~.example.example_network`."""
    streams = Streams(length=length, source=source, encoding=encoding)
    return StochasticEngine(
        network=example_network(**network), streams=streams, lanes=lanes, share=share
    )
