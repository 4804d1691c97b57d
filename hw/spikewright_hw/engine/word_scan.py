"""Word scan: from a map of spikes, word by word, to events that say where each spike is."""

from collections.abc import Sequence
from typing import NamedTuple

from amaranth import Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from ..connection import FeatureMap
from .constants import lookup
from .scan import Scan, scan_group

__all__ = [
    "PRESETS", "PlaceEvent", "WordScan", "core", "place_layout", "scan_cycles", "scan_words",
    "word_spans",
]

PRESETS = {
    "c4_h3_w5_b2": {"source": FeatureMap(channels=4, height=3, width=5), "bits": 2},
    "c6_h2_w3_b6": {"source": FeatureMap(channels=6, height=2, width=3), "bits": 6},
    "c3_h2_w4_b12": {"source": FeatureMap(channels=3, height=2, width=4), "bits": 12},
    "first_c2_h3_w4_b12": {
        "source": FeatureMap(channels=2, height=3, width=4, channels_first=True), "bits": 12,
    },
    "first_c3_h2_w6_b3": {
        "source": FeatureMap(channels=3, height=2, width=6, channels_first=True), "bits": 3,
    },
    "c2_w7_b14": {"source": FeatureMap(channels=2, width=7), "bits": 14},
    "c5_b1": {"source": FeatureMap(channels=5), "bits": 1},
}


class PlaceEvent(NamedTuple):
    """An event: where in a map a spike is, in the order of the map's axes."""

    places: tuple[int, int, int]
    spike: int
    last: int


def place_layout(source: FeatureMap) -> data.StructLayout:
    """Layout of an event: the coordinate on each axis, the axes in the order of the numbers.

    ``last`` marks the last event of a step. A step that ends without a spike ends with an event
    whose ``spike`` is 0.
    """
    axes = source.ordered(
        y=("y", source.height), x=("x", source.width), channel=("channel", source.channels)
    )
    coordinates = {name: range(max(2, size)) for name, size in axes}
    return data.StructLayout({**coordinates, "spike": 1, "last": 1})


def word_spans(source: FeatureMap, bits: int) -> tuple[int, int, int]:
    """Return how far a word of a map reaches along each axis, in the order of the numbers.

    Raises :exc:`ValueError` for words that are neither a part of the last axis nor whole axes.
    """
    first, second, third = _sizes(source)
    if bits >= 1 and third % bits == 0:
        return 1, 1, bits
    if bits == second * third:
        return 1, second, third
    if bits == len(source):
        return first, second, third
    raise ValueError(
        f"a map of {source} in words of {bits} bits; a word has {second * third} or {len(source)} "
        f"bits, or a divisor of {third}"
    )


def scan_words(source: FeatureMap, words: Sequence[int]) -> list[PlaceEvent]:
    """Return the events of a step whose words are given: the definition of correct.

    Spikes come in the order of their numbers. Where the last word is empty, the step is closed by
    an event without a spike, at the place where that word begins.
    """
    bits = len(source) // len(words)
    numbers = [
        at * bits + bit for at, word in enumerate(words) for bit in range(bits) if word >> bit & 1
    ]
    events = [PlaceEvent(_places(source, number), 1, 0) for number in numbers]
    if words[-1]:
        return [*events[:-1], events[-1]._replace(last=1)]
    return [*events, PlaceEvent(_places(source, len(source) - bits), 0, 1)]


def scan_cycles(words: Sequence[int]) -> int:
    """Return the cycles of a step: one for each spike, and for each word without any."""
    return sum(max(1, word.bit_count()) for word in words)


def _sizes(source: FeatureMap) -> tuple[int, int, int]:
    return source.ordered(y=source.height, x=source.width, channel=source.channels)


def _places(source: FeatureMap, number: int) -> tuple[int, int, int]:
    """Return where a source is on each axis, in the order of the numbers."""
    _, second, third = _sizes(source)
    rest, last = divmod(number, third)
    return *divmod(rest, second), last


class WordScan(wiring.Component):
    """Return the place of each spike of a map that comes in words.

    A :class:`~spikewright_hw.engine.scan.Scan` finds the spikes of a word; where the word is, is
    counted, and where in the word a spike is, stands in tables. Throughput is one event per cycle,
    also from one word to the next and from one step to the next; a word without spikes costs a
    cycle. Latency from a word to its first event is two cycles.

    Parameters
    ----------
    source : FeatureMap
        Shape and order of the map.
    bits : int, at least 1
        Bits of a word: a divisor of the size of the last axis, or all of the last axis, of the last
        two, or of all three.

    Members
    -------
    i : In(stream.Signature(unsigned(bits)))
        Spikes of ``bits`` neurons, in the order of their numbers: ``len(source) // bits`` transfers
        for each step.
    o : Out(stream.Signature(place_layout(source)))
        An event: ``y``, ``x`` and ``channel`` of a neuron, in the order in which the map is
        numbered; ``spike``, 1 bit; ``last``, 1 bit, which closes the step. A step whose last word
        is empty is closed by an event with ``spike`` 0, at the place where that word begins.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(self, *, source: FeatureMap, bits: int):
        self.spans = word_spans(source, bits)
        self.source = source
        self.bits = bits
        super().__init__({
            "i": In(stream.Signature(unsigned(bits))),
            "o": Out(stream.Signature(place_layout(source))),
        })

    def elaborate(self, platform) -> Module:
        """Elaborate the scan of a word, the count of words, and the place of a spike."""
        m = Module()
        m.submodules.scan = scan = Scan(width=self.bits, group=scan_group(self.bits))
        connect(m, flipped(self.i), scan.i)
        event = scan.o.payload

        # An empty word is passed over, unless it closes the step.
        done = Signal()
        shown = Signal()
        m.d.comb += done.eq(scan.o.valid & scan.o.ready & event.last)
        bases, final = self._words(m, done)
        m.d.comb += [
            shown.eq(event.spike | final),
            self.o.valid.eq(scan.o.valid & shown),
            scan.o.ready.eq(self.o.ready | ~shown),
            self.o.payload.spike.eq(event.spike),
            self.o.payload.last.eq(event.last & final),
        ]
        _, second, third = self.spans
        inside = [(bit // third // second, bit // third % second, bit % third)
                  for bit in range(self.bits)]
        for name, base, offsets in zip(
            self.source.ordered(y="y", x="x", channel="channel"),
            bases, zip(*inside, strict=True), strict=True,
        ):
            m.d.comb += self.o.payload[name].eq(base + lookup(offsets, event.row))
        return m

    def _words(self, m: Module, done: Value) -> tuple[list[Value], Value]:
        """Build the count of words, which goes on with ``done``.

        Return where the word begins on each axis, and whether it is the last of its step.
        """
        bases: list[Value] = []
        carry: Value = done
        final: Value = Const(1)
        for size, span in reversed([*zip(_sizes(self.source), self.spans, strict=True)]):
            if size == span:
                bases.append(Const(0))
                continue
            base = Signal(range(size))
            ends = base == size - span
            with m.If(carry):
                m.d.sync += base.eq(Mux(ends, 0, base + span))
            bases.append(base)
            carry, final = carry & ends, final & ends
        return bases[::-1], final


core = WordScan
