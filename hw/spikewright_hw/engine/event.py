"""The event engine: a whole network, driven by spikes."""

from typing import Any

from amaranth import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import connect, flipped

from ..fixed import Format
from ..layer import Layer
from ..network import Network
from .example import example_network
from .feedback import feedback_of
from .inference import InferenceEngine
from .outputs import readout_latency
from .ram_style import RamStyle
from .row_layer import RowLayer, update_stages
from .scan import Scan, scan_group
from .stage import dense_operations, stage_signature
from .words import Words

__all__ = ["PRESETS", "EventEngine", "EventStage", "core", "worst_cycles"]

PRESETS = {
    "n12_9_5": {"sizes": (12, 9, 5), "steps": 4, "weight_bits": 4, "membrane": Format(6, 2)},
    "n20_17_6_3": {
        "sizes": (20, 17, 6, 3), "steps": 3, "weight_bits": 3, "membrane": Format(4, 3), "share": 2,
    },
    "n9_7_8_4_mixed": {
        "sizes": (9, 7, 8, 4), "steps": 5, "weight_bits": 4, "membrane": Format(4, 5),
        "neurons": ("recurrent_lif", "cuba_lif", "nir_cuba_li"), "exponent": 2,
    },
    "n8_6_4_count": {
        "sizes": (8, 6, 4), "steps": 4, "weight_bits": 4, "membrane": Format(6, 2), "biased": True,
        "readout": "count",
    },
    "n7_6_3_graded": {
        "sizes": (7, 6, 3), "steps": 3, "weight_bits": 4, "membrane": Format(8, 2), "biased": True,
        "input_bits": 3,
    },
    "n5_4_3_graded_recurrent": {
        "sizes": (5, 4, 3), "steps": 4, "weight_bits": 3, "membrane": Format(6, 2), "share": 2,
        "neurons": ("recurrent_lif", "li"), "input_bits": 2,
    },
    "n8_6_4_maximum": {
        "sizes": (8, 6, 4), "steps": 3, "weight_bits": 4, "membrane": Format(6, 2), "biased": True,
        "readout": "maximum", "share": 3,
    },
}


def worst_cycles(network: Network, *, share: int = 4) -> int:
    """Return a number of cycles that no inference exceeds, counted as the result's ``cycles`` are.

    A host that has waited this long need not wait on. When every input and every neuron spikes in
    every step, an inference comes close to it: a step passes through all layers, and the others
    follow at the pace of the slowest. A layer after another may lose a cycle in a step, if its
    first event comes while it updates its neurons. A recurrent layer hears nothing of itself in the
    first step, and begins another one when it is through with the one before. A graded input is at
    most an event for each of its bits.
    """
    layers, steps = network.layers, network.steps
    busy = [
        (_most_events(layer) if steps > 1 else layer.inputs * layer.input_bits)
        + share + update_stages(layer) - 1
        for layer in layers
    ]
    lost = [4 if layer.recurrent else int(layer is not layers[0]) for layer in layers]
    passing = sum(cycles + 3 for cycles in busy)
    pace = max(map(sum, zip(busy, lost, strict=True)))
    return 1 + passing + (steps - 1) * pace + readout_latency(network) + 1


def _most_events(layer: Layer) -> int:
    """Return the events of a step in which every input and every neuron of the layer spikes."""
    return layer.inputs * layer.input_bits + len(layer.rows) - layer.inputs


class EventStage(wiring.Component):
    """A layer of the event engine: ``scan -> row layer``, and in front of it what feeds back.

    Parameters
    ----------
    layer : Layer
    share : int
        Neurons per updater; see :class:`~.row_layer.RowLayer`.

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

    def __init__(self, *, layer: Layer, share: int):
        self.layer = layer
        self.rows = RowLayer(layer=layer, share=share)
        self.feedback = feedback_of(layer)
        super().__init__(stage_signature(layer, words=Words(bits=layer.inputs, count=1)))

    def elaborate(self, platform):
        """Elaborate feedback, scan and layer."""
        m = Module()
        width = len(self.layer.rows)
        m.submodules.scan = scan = Scan(width=width, group=scan_group(width))
        m.submodules.rows = rows = self.rows
        connect(m, scan.o, rows.i)
        connect(m, rows.o, flipped(self.o))
        m.d.comb += [
            rows.clear.eq(self.clear),
            self.operations.eq(dense_operations(
                self.layer, arriving=self.arriving, returning=self.returning
            )),
        ]

        arrives = Signal()
        m.d.comb += arrives.eq(rows.i.valid & rows.i.ready & rows.i.payload.spike)
        if self.feedback is None:
            connect(m, flipped(self.i), scan.i)
            m.d.comb += self.arriving.eq(arrives)
            return m
        own = rows.i.payload.row >= self.layer.inputs
        m.d.comb += [self.arriving.eq(arrives & ~own), self.returning.eq(arrives & own)]
        m.submodules.feedback = feedback = self.feedback
        connect(m, flipped(self.i), feedback.i)
        connect(m, feedback.o, scan.i)
        m.d.comb += [
            feedback.i_spikes.valid.eq(rows.o.valid & rows.o.ready),
            feedback.i_spikes.payload.eq(rows.o.payload.spikes),
            feedback.clear.eq(self.clear),
        ]
        return m


class EventEngine(InferenceEngine):
    """A network as a chain of scans and row layers: ``scan -> layer -> scan -> layer ...``.

    An inference takes about as many cycles as the busiest layer has events, and a few for the depth
    of the pipeline.

    Members are those of :class:`~.inference.InferenceEngine`.

    Parameters
    ----------
    network : Network
        What to build: layers and steps.
    share : int, at least 1
        Neurons per updater, in every layer; see :class:`~.row_layer.RowLayer`.
    ram_style : {"auto", "block"}
        Where the trace of an inference lies: left to synthesis, or in block RAM always.
    """

    def __init__(self, *, network: Network, share: int = 4, ram_style: RamStyle = "auto"):
        if share < 1:
            raise ValueError(f"an updater serves at least one neuron, not {share}")
        self.share = share
        super().__init__(network=network, ram_style=ram_style)

    def stage(self, layer: Layer, words: Words) -> EventStage:
        """Make the stage of a layer."""
        return EventStage(layer=layer, share=self.share)


def core(*, share: int = 4, **network: Any) -> EventEngine:
    """Make the engine of a made-up network; keywords as for :func:`~.example.example_network`."""
    return EventEngine(network=example_network(**network), share=share)
