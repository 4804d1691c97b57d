"""Map stage: a layer of the event engine whose spikes come in words, or that comes to a map."""

from amaranth import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import connect, flipped

from ..layer import Layer
from .map_layer import MapLayer
from .row_layer import RowLayer
from .stage import stage_signature
from .taps import Taps
from .word_scan import WordScan
from .words import Words

__all__ = ["MapStage"]


class MapStage(wiring.Component):
    """A layer of the event engine: ``word scan -> taps -> map layer``, or ``-> row layer``.

    A layer of one word of neurons is a row layer, whose neurons may be read out.

    Parameters
    ----------
    layer : Layer
    words : Words
        How the spikes of a step come to it.
    share : int
        Neurons per updater of a row layer.

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

    def __init__(self, *, layer: Layer, words: Words, share: int):
        self.layer = layer
        self.scan = WordScan(source=layer.connection.source, bits=words.bits)
        self.taps = Taps(connection=layer.connection)
        # What adds and updates; an attribute, so that a proof can look at it.
        self.neurons: MapLayer | RowLayer = (
            RowLayer(layer=layer, share=share) if layer.connection.words == 1
            else MapLayer(layer=layer)
        )
        super().__init__(stage_signature(layer, words=words))

    def elaborate(self, platform) -> Module:
        """Elaborate scan, taps and layer."""
        m = Module()
        m.submodules.scan = scan = self.scan
        m.submodules.taps = taps = self.taps
        connect(m, flipped(self.i), scan.i)
        connect(m, scan.o, taps.i)
        m.submodules.neurons = layer = self.neurons
        if isinstance(layer, MapLayer):
            connect(m, taps.o, layer.i)
            m.d.comb += [
                self.o.valid.eq(layer.o.valid),
                self.o.payload.spikes.eq(layer.o.payload),
                layer.o.ready.eq(self.o.ready),
            ]
        else:
            connect(m, layer.o, flipped(self.o))
            m.d.comb += [
                layer.i.valid.eq(taps.o.valid),
                layer.i.payload.row.eq(taps.o.payload.row),
                layer.i.payload.spike.eq(taps.o.payload.tap),
                layer.i.payload.last.eq(taps.o.payload.last),
                taps.o.ready.eq(layer.i.ready),
            ]
        event, tap = taps.i, taps.o
        m.d.comb += [
            layer.clear.eq(self.clear),
            self.arriving.eq(event.valid & event.ready & event.payload.spike),
            self.operations.eq(
                Mux(tap.valid & tap.ready & tap.payload.tap, self.layer.connection.lanes, 0)
            ),
        ]
        return m
