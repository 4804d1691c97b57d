"""Tap join: the taps of several connections to the same neurons, one after the other."""

from collections.abc import Sequence

from amaranth import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..connection import Connection, Convolution, Dense, FeatureMap, Joined
from .taps import Tap, tap_layout

__all__ = ["PRESETS", "TapJoin", "core", "joined_taps"]

PRESETS = {
    "two_dense": {"connection": Joined(parts=(
        Dense(source=FeatureMap(channels=3), neurons=2),
        Dense(source=FeatureMap(channels=5), neurons=2),
    ))},
    "three_maps": {"connection": Joined(parts=(
        Convolution(source=FeatureMap(channels=2, height=3, width=4), channels=3, kernel=(3, 3),
                    padding=(1, 1)),
        Convolution(source=FeatureMap(channels=1, height=3, width=4), channels=3, kernel=(1, 1)),
        Convolution(source=FeatureMap(channels=3, height=3, width=4), channels=3, kernel=(1, 1)),
    ))},
}


def joined_taps(connection: Connection, taps: Sequence[Sequence[Tap]]) -> list[Tap]:
    """Return the taps of a step, of those of each part: the definition of correct."""
    found, row = [], 0
    for part, given in zip(connection.branches, taps, strict=True):
        found += [tap._replace(row=tap.row + row, last=0) for tap in given if tap.tap]
        row += part.rows
    if taps[-1][-1].tap:
        return [*found[:-1], found[-1]._replace(last=1)]
    return [*found, Tap(0, 0, 0, 1)]


class TapJoin(wiring.Component):
    """Passes on the taps of each part of a joined connection in turn, with its rows.

    A part has its turn until the last tap of a step; the last part's closes the step. What another
    part closes its step with, if it is no tap, takes a cycle and does not leave. Throughput is one
    tap per cycle; latency is one cycle.

    Parameters
    ----------
    connection : Connection
        Its parts, :attr:`~spikewright_hw.connection.Connection.branches`.

    Members
    -------
    i_0, i_1, ... : In(stream.Signature(tap_layout(part)))
        The taps of each part, as :class:`~spikewright_hw.engine.taps.Taps` gives them.
    o : Out(stream.Signature(tap_layout(connection)))
        The same of all parts: ``row`` counts those of the parts before, and ``last`` closes the
        step of the last part alone.
    """

    o: stream.Interface

    def __init__(self, *, connection: Connection):
        self.connection = connection
        super().__init__({
            f"i_{number}": In(stream.Signature(tap_layout(part)))
            for number, part in enumerate(connection.branches)
        } | {"o": Out(stream.Signature(tap_layout(connection)))})

    @property
    def inputs(self) -> list[stream.Interface]:
        """The streams of the parts."""
        return [getattr(self, f"i_{at}") for at in range(len(self.connection.branches))]

    def elaborate(self, platform) -> Module:
        """Elaborate the turns, and the register at the output."""
        m = Module()
        inputs, last_part = self.inputs, len(self.inputs) - 1
        turn = Signal(range(max(2, len(inputs))))
        free, comes, closes, passes = Signal(), Signal(), Signal(), Signal()
        row, word = Signal.like(self.o.payload.row), Signal.like(self.o.payload.word)
        first = 0
        for at, (one, part) in enumerate(zip(inputs, self.connection.branches, strict=True)):
            with m.If(turn == at):
                m.d.comb += [
                    one.ready.eq(free),
                    comes.eq(one.valid & free),
                    closes.eq(one.payload.last),
                    passes.eq(one.payload.tap),
                    row.eq(Mux(one.payload.tap, one.payload.row + first, 0)),
                    word.eq(one.payload.word),
                ]
            first += part.rows
        final = turn == last_part
        m.d.comb += free.eq(~self.o.valid | self.o.ready)
        with m.If(free):
            m.d.sync += [
                self.o.valid.eq(comes & (passes | final)),
                self.o.payload.row.eq(row),
                self.o.payload.word.eq(word),
                self.o.payload.tap.eq(passes),
                self.o.payload.last.eq(closes & final),
            ]
        with m.If(comes & closes):
            m.d.sync += turn.eq(Mux(final, 0, turn + 1))
        return m


core = TapJoin
