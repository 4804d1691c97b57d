"""Taps: from the events of a map to the rows of weights that each reads, and where they go."""

from collections.abc import Iterable, Iterator
from math import prod
from typing import NamedTuple

from amaranth import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..connection import Axis, Connection, Convolution, Dense, FeatureMap, Folded, Pooled
from .constants import lookup
from .word_scan import PlaceEvent, place_layout

__all__ = [
    "PRESETS", "Tap", "Taps", "core", "event_taps", "tap_cycles", "tap_layout", "worst_tap_cycles",
]

PRESETS = {
    "k3_p1": {"connection": Convolution(
        source=FeatureMap(channels=2, height=5, width=4), channels=3, kernel=(3, 3), padding=(1, 1),
    )},
    "k3_s2_g2": {"connection": Convolution(
        source=FeatureMap(channels=4, height=5, width=6), channels=6, kernel=(3, 3), stride=(2, 2),
        groups=2,
    )},
    "k1_s2": {"connection": Convolution(  # places that the stride skips have no taps
        source=FeatureMap(channels=3, height=4, width=5), channels=2, kernel=(1, 1), stride=(2, 3),
    )},
    "k3_depthwise": {"connection": Convolution(
        source=FeatureMap(channels=4, height=4, width=4), channels=4, kernel=(3, 3), padding=(1, 1),
        dilation=(1, 2), groups=4,
    )},
    "k5_1d": {"connection": Convolution(
        source=FeatureMap(channels=3, width=9), channels=4, kernel=(1, 5), padding=(0, 2),
    )},
    "first_k3_p1": {"connection": Convolution(
        source=FeatureMap(channels=2, height=4, width=5, channels_first=True), channels=2,
        kernel=(3, 3), padding=(1, 0),
    )},
    "folded": {"connection": Folded(
        source=FeatureMap(channels=2, width=3), neurons=9, per_word=3,
    )},
    "pooled_k3": {"connection": Pooled(
        source=FeatureMap(channels=2, height=8, width=6), window=(2, 2), stride=(2, 2),
        then=Convolution(
            source=FeatureMap(channels=2, height=4, width=3), channels=3, kernel=(3, 3),
            padding=(1, 1),
        ),
    )},
    "pooled_dense": {"connection": Pooled(
        source=FeatureMap(channels=3, height=4, width=4), window=(2, 2), stride=(2, 2),
        then=Dense(source=FeatureMap(channels=3, height=2, width=2), neurons=5),
    )},
}


class Tap(NamedTuple):
    """A row of weights, and the word of neurons that it is added to, unless ``tap`` is 0."""

    row: int
    word: int
    tap: int
    last: int


def tap_layout(connection: Connection) -> data.StructLayout:
    """Layout of a tap: a row of weights, and the word of neurons that it is added to.

    ``last`` marks the last tap of a step. A step that ends without a tap ends with one whose
    ``tap`` is 0, and with it ``row`` and ``word``.
    """
    return data.StructLayout({
        "row": range(max(2, connection.rows)),
        "word": range(max(2, connection.words)),
        "tap": 1,
        "last": 1,
    })


def event_taps(connection: Connection, events: Iterable[PlaceEvent]) -> Iterator[Tap]:
    """Yield the taps of some events: the definition of correct."""
    for event in events:
        taps = [*connection.taps(_number(connection, event.places))] if event.spike else []
        for at, (row, word) in enumerate(taps, 1):
            yield Tap(row, word, 1, int(event.last and at == len(taps)))
        if event.last and not taps:
            yield Tap(0, 0, 0, 1)


def tap_cycles(connection: Connection, source: int) -> int:
    """Return the cycles of an event: one for each tap, and one for an event without any."""
    return max(1, connection.operations(source) // connection.lanes)


def worst_tap_cycles(connection: Connection) -> int:
    """Return the cycles of a step in which every source spikes: no step takes more."""
    reaching = prod(sum(map(bool, axis)) for axis in connection.axes)
    return connection.total_taps + len(connection.source) - reaching


def _number(connection: Connection, places: tuple[int, int, int]) -> int:
    """Return which source is at a coordinate on each axis."""
    number = 0
    for axis, place in zip(connection.axes, places, strict=True):
        number = number * len(axis) + place
    return number


class _Axis:
    """The tables of an axis: for each coordinate its places, one after the other.

    A place is looked up by its number and the coordinate, side by side, so that nothing is added
    to find it; the places of each coordinate are filled up to a power of two.
    """

    def __init__(self, axis: Axis, *, name: str):
        self._axis = axis
        self._bits = (max(map(len, axis)) - 1).bit_length()
        self._at = Signal(self._bits, name=f"{name}_at") if self._bits else Const(0, 0)
        self.coordinate = Signal(range(max(2, len(axis))), name=name)

    def reaches(self, coordinate: Value) -> Value:
        """Return whether a coordinate has any place."""
        return lookup([int(bool(places)) for places in self._axis], coordinate)

    def part(self, field: int) -> Value:
        """Return the part that the place has in the row (0) or in the word (1)."""
        return self._entry([[place[field] for place in places] for places in self._axis])

    def final(self) -> Value:
        """Return whether the place is the last of its coordinate."""
        return self._entry([[0] * (len(places) - 1) + [1] for places in self._axis])

    def count(self, m: Module, *, advance: Value, final: Value) -> None:
        """Go on to the next place with ``advance``, or from the last one back to the first."""
        if self._bits:
            with m.If(advance):
                m.d.sync += self._at.eq(Mux(final, 0, self._at + 1))

    def _entry(self, places: list[list[int]]) -> Value:
        """Look an entry up; where there is no place, it is that of the place before."""
        table: list[int] = []
        for entries in places:
            for at in range(1 << self._bits):
                table.append(entries[at] if at < len(entries) else (table or [0])[-1])
        return lookup(table, Cat(self._at, self.coordinate))


class Taps(wiring.Component):
    """Return what each event of a map does: rows of weights, and the words they are added to.

    An event leads to one place of each axis with one of each other: their rows and their words are
    looked up in a small table for each axis, and added. Throughput is one tap per cycle, also from
    one event to the next; an event without taps costs a cycle. Latency from an event to its first
    tap is two cycles.

    Parameters
    ----------
    connection : Connection
        Which events lead to which rows and words.

    Members
    -------
    i : In(stream.Signature(place_layout(connection.source)))
        Events, as a :class:`~spikewright_hw.engine.word_scan.WordScan` gives them. One with
        ``spike`` 0 has no taps.
    o : Out(stream.Signature(tap_layout(connection)))
        A tap: ``row`` of weights; ``word`` of neurons that it is added to; ``tap``, 1 bit;
        ``last``, 1 bit, which closes the step. An event that is a step's last and has no taps gives
        a transfer with ``tap`` 0 and ``last`` 1; any other without taps gives nothing.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(self, *, connection: Connection):
        self.connection = connection
        super().__init__({
            "i": In(stream.Signature(place_layout(connection.source))),
            "o": Out(stream.Signature(tap_layout(connection))),
        })

    def elaborate(self, platform) -> Module:
        """Elaborate the event that is held, its places one after the other, and the output."""
        m = Module()
        names = self.connection.source.ordered(y="y", x="x", channel="channel")
        axes = [
            _Axis(axis, name=name) for name, axis in zip(names, self.connection.axes, strict=True)
        ]
        event = self.i.payload
        holding = Signal()
        tap = Signal()  # the event that is held has taps
        last = Signal()
        move = Signal()  # the output takes something

        # Places: that of the last axis goes on with each tap, the others when those after it end.
        done: Value = holding & move
        for axis in reversed(axes):
            final = Signal()
            m.d.comb += final.eq(axis.final() | ~tap)
            axis.count(m, advance=done, final=final)
            done = done & final
        m.d.comb += move.eq(~self.o.valid | self.o.ready)

        # Event ------------------------------------------------------------------------------------
        reaches = event.spike
        m.d.comb += self.i.ready.eq(~holding | done)
        for name, axis in zip(names, axes, strict=True):
            reaches = reaches & axis.reaches(event[name])
            with m.If(self.i.ready):
                m.d.sync += axis.coordinate.eq(event[name])
        with m.If(self.i.ready):
            m.d.sync += [
                holding.eq(self.i.valid & (reaches | event.last)),
                tap.eq(reaches),
                last.eq(event.last),
            ]

        # Output -----------------------------------------------------------------------------------
        with m.If(move):
            m.d.sync += [
                self.o.valid.eq(holding),
                self.o.payload.tap.eq(tap),
                self.o.payload.last.eq(last & done),
                self.o.payload.row.eq(Mux(tap, _sum(axis.part(0) for axis in axes), 0)),
                self.o.payload.word.eq(Mux(tap, _sum(axis.part(1) for axis in axes), 0)),
            ]
        return m


def _sum(parts: Iterable[Value]) -> Value:
    """Add the parts, those that are no constant 0."""
    total: Value = Const(0)
    for part in parts:
        if not (isinstance(part, Const) and part.value == 0):
            total = part if isinstance(total, Const) and total.value == 0 else total + part
    return total


core = Taps
