"""Map stage: a layer of the event engine that hears words, several layers, or spikes later."""

from amaranth import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import connect, flipped

from ..connection import Connection, Dense, FeatureMap, Joined
from ..layer import Layer
from ..origin import Origin
from .branch import Branch, delay_of, is_stored
from .map_layer import MapLayer
from .ram_style import RamStyle
from .repack import Repack
from .row_layer import RowLayer
from .stage import stage_arrivals, stage_inputs, stage_signature
from .tap_join import TapJoin
from .weight_image import Weights
from .weight_memory import WeightMemory
from .word_neurons import given_width
from .words import Words, output_words

__all__ = ["MapStage"]


class MapStage(wiring.Component):
    """A layer of the event engine: ``branch -> map layer``, or ``-> row layer``.

    There is a branch for each part of the connection, and one for the recurrent weights of a layer
    that has any; several are joined. A layer of one word of neurons is a row layer. The words of a
    last layer that is a map are put together before they leave, ``map layer -> repack``.

    Parameters
    ----------
    layer : Layer
    words : tuple of Words
        How the spikes of a step come to each part.
    leaving : Words
        How its own leave: its words, or all at once.
    share : int
        Neurons per updater, where they may share one.
    steps : int
        Of an inference.
    weights : {"built", "loaded"}
        Whether the weights are built in, or a host stores them.
    ram_style : {"auto", "block"}
        Where sums and states lie, as of a :class:`~.map_layer.MapLayer`.

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

    def __init__(
        self, *, layer: Layer, words: tuple[Words, ...], leaving: Words, share: int, steps: int,
        weights: Weights = "built", ram_style: RamStyle = "auto",
    ):
        self.layer = layer
        self.branches = [
            Branch(
                part=part, words=one,
                delay=delay_of(origin, one, planes=bits, steps=steps)
                if is_stored(origin, first=number == 0) else None,
            )
            for number, ((part, origin), one, bits) in enumerate(
                zip(layer.parts, words, layer.part_bits, strict=True)
            )
        ]
        self.connection = layer.connection
        self.own: Branch | None = None
        if layer.recurrent is not None:
            own = Dense(source=FeatureMap(channels=layer.neurons), neurons=layer.neurons)
            self.own = self._returning(layer, own, steps=steps)
            self.connection = Joined(parts=(*layer.connection.branches, own))
        # What adds and updates; an attribute, so that a proof can look at it.
        self.neurons: MapLayer | RowLayer = (
            RowLayer(layer=layer, share=share, weights=weights) if layer.connection.words == 1
            else MapLayer(layer=layer, weights=weights, share=share, ram_style=ram_style)
        )
        count, self.together = layer.connection.words, None
        if leaving.count < count:
            bits = layer.connection.lanes * given_width(layer)
            self.together = Repack(bits=bits, count=count, out_bits=bits * count)
        super().__init__(stage_signature(layer, words=words, bits=leaving.bits))

    @staticmethod
    def _returning(layer: Layer, own: Connection, *, steps: int) -> Branch:
        """Return the branch of the recurrent weights, which hear the step before."""
        words = output_words(layer)
        late = Origin(back=0, delays=1)
        return Branch(part=own, words=words, delay=delay_of(late, words, planes=1, steps=steps))

    @property
    def memories(self) -> list[WeightMemory]:
        """Its memories of weights."""
        return self.neurons.memories

    def elaborate(self, platform) -> Module:
        """Elaborate the branches, what joins them, and the layer."""
        m = Module()
        for number, (branch, given, arriving) in enumerate(
            zip(self.branches, stage_inputs(self), stage_arrivals(self), strict=True)
        ):
            m.submodules[f"branch_{number}"] = branch
            connect(m, flipped(given), branch.i)
            m.d.comb += [arriving.eq(branch.arriving), branch.clear.eq(self.clear)]
        taps = self._joined(m)
        m.submodules.neurons = layer = self.neurons
        if isinstance(layer, MapLayer):
            connect(m, taps, layer.i)
            given = layer.o
            if self.together is not None:
                m.submodules.together = together = self.together
                connect(m, layer.o, together.i)
                given = together.o
            m.d.comb += [
                self.o.valid.eq(given.valid),
                self.o.payload.as_value().eq(given.payload),
                given.ready.eq(self.o.ready),
            ]
        else:
            connect(m, layer.o, flipped(self.o))
            m.d.comb += [
                layer.i.valid.eq(taps.valid),
                layer.i.payload.row.eq(taps.payload.row),
                layer.i.payload.spike.eq(taps.payload.tap),
                layer.i.payload.last.eq(taps.payload.last),
                taps.ready.eq(layer.i.ready),
            ]
        m.d.comb += [
            layer.clear.eq(self.clear),
            self.operations.eq(Mux(
                taps.valid & taps.ready & taps.payload.tap, self.layer.connection.lanes, 0
            )),
        ]
        return m

    def _joined(self, m: Module) -> stream.Interface:
        """Build what joins the branches, if there are several; return their taps."""
        branches = [*self.branches]
        if self.own is not None:
            branches.append(self.own)
            m.submodules.own = own = self.own
            m.d.comb += [
                own.clear.eq(self.clear),
                own.i.valid.eq(self.o.valid & self.o.ready),
                own.i.payload.eq(self.o.payload.spikes),
                self.returning.eq(own.arriving),
            ]
        if len(branches) == 1:
            return branches[0].o
        bits = *self.layer.part_bits, *[1] * (len(branches) - len(self.branches))
        m.submodules.join = join = TapJoin(connection=self.connection, bits=bits)
        for branch, given in zip(branches, join.inputs, strict=True):
            connect(m, branch.o, given)
        return join.o
