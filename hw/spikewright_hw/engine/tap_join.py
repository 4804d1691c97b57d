"""Tap join: the taps of several connections to the same neurons, one after the other."""

from collections.abc import Sequence
from itertools import pairwise

from amaranth import Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..connection import Connection, Convolution, Dense, FeatureMap, Joined
from .constants import lookup
from .taps import Tap, tap_layout

__all__ = ["PRESETS", "TapJoin", "core", "joined_taps"]

PRESETS = {
    "two_dense": {"connection": Joined(parts=(
        Dense(source=FeatureMap(channels=3), neurons=2),
        Dense(source=FeatureMap(channels=5), neurons=2),
    ))},
    "graded": {  # and spikes before and after it
        "connection": Joined(parts=(
            Dense(source=FeatureMap(channels=2), neurons=2),
            Dense(source=FeatureMap(channels=3), neurons=2),
            Dense(source=FeatureMap(channels=1), neurons=2),
        )),
        "bits": (1, 3, 1),
    },
    "three_maps": {"connection": Joined(parts=(
        Convolution(source=FeatureMap(channels=2, height=3, width=4), channels=3, kernel=(3, 3),
                    padding=(1, 1)),
        Convolution(source=FeatureMap(channels=1, height=3, width=4), channels=3, kernel=(1, 1)),
        Convolution(source=FeatureMap(channels=3, height=3, width=4), channels=3, kernel=(1, 1)),
    ))},
}


def joined_taps(connection: Connection, taps: Sequence[Sequence[Tap]]) -> list[Tap]:
    """Return the taps of a pass, of those of each part: the definition of correct.

    A pass is a step, or a bit plane of it; of a part that has none in it there are no taps, not
    even one that closes.
    """
    found, row = [], 0
    for part, given in zip(connection.branches, taps, strict=True):
        found += [tap._replace(row=tap.row + row, last=0) for tap in given if tap.tap]
        row += part.rows
    closing = next(given[-1] for given in reversed(taps) if given)
    if closing.tap:
        return [*found[:-1], found[-1]._replace(last=1)]
    return [*found, Tap(0, 0, 0, 1)]


class TapJoin(wiring.Component):
    """Passes on the taps of each part of a joined connection in turn, with its rows.

    A part has its turn until the last tap of a step; the last part's closes the step. What another
    part closes its step with, if it is no tap, takes a cycle and does not leave. Throughput is one
    tap per cycle; latency is one cycle.

    Where parts hear graded inputs, a step is as many passes as these have bit planes. In each pass
    the parts that have a plane in it take turns, and the last of these closes it; spikes, which
    have one plane, come in the last pass, where a row counts once.

    Parameters
    ----------
    connection : Connection
        Its parts, :attr:`~spikewright_hw.connection.Connection.branches`.
    bits : tuple of int, optional
        Bit planes of a step of each part: 1 of spikes, and as many as any other of each graded
        one; 1 of all if not given.

    Members
    -------
    i_0, i_1, ... : In(stream.Signature(tap_layout(part)))
        The taps of each part, as :class:`~spikewright_hw.engine.taps.Taps` gives them.
    o : Out(stream.Signature(tap_layout(connection)))
        The same of all parts: ``row`` counts those of the parts before, and ``last`` closes a pass
        with the last part in it alone.

    Raises
    ------
    ValueError
        There are not as many ``bits`` as parts, or graded parts differ.
    """

    o: stream.Interface

    def __init__(self, *, connection: Connection, bits: tuple[int, ...] | None = None):
        self.connection = connection
        self.bits = bits or (1,) * len(connection.branches)
        self.planes = max(self.bits)
        if len(self.bits) != len(connection.branches) or {*self.bits} - {1, self.planes}:
            raise ValueError(
                f"bits are {self.bits}; each of {len(connection.branches)} parts has one bit, or "
                "as many as the other graded ones"
            )
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
        inputs, turns = self.inputs, range(len(self.inputs))
        graded = [at for at in turns if self.bits[at] == self.planes]
        turn = Signal(range(max(2, len(inputs))), init=graded[0])
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
        final, following = self._passes(m, turn, graded, ends=comes & closes)
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
            m.d.sync += turn.eq(following)
        return m

    def _passes(
        self, m: Module, turn: Signal, graded: list[int], *, ends: Value
    ) -> tuple[Value, Value]:
        """Build the count of passes; return whether a turn is the last in its own, and the next."""
        last_part = len(self.inputs) - 1
        if self.planes == 1:
            final = turn == last_part
            return final, Mux(final, 0, turn + 1)
        plane, final, following = (
            Signal(range(self.planes)), Signal(), Signal.like(turn, init=0)
        )
        last_plane = plane == self.planes - 1
        after = {**dict.fromkeys(range(last_part + 1), 0), **dict(pairwise(graded))}
        with m.If(last_plane):
            m.d.comb += [
                final.eq(turn == last_part), following.eq(Mux(final, graded[0], turn + 1)),
            ]
        with m.Else():
            # After the last but one pass all parts have a turn.
            first = Mux(plane == self.planes - 2, 0, graded[0])
            m.d.comb += [
                final.eq(turn == graded[-1]),
                following.eq(Mux(final, first, lookup([*after.values()], turn))),
            ]
        with m.If(ends & final):
            m.d.sync += plane.eq(Mux(last_plane, 0, plane + 1))
        return final, following


core = TapJoin
