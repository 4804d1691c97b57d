"""What is proved of the taps."""

from collections.abc import Sequence
from functools import reduce
from operator import or_

from amaranth import Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.hdl import Assert, Assume, Cover

from faults import Planted, plant
from properties import Observed, drive, held, stall
from spikewright_hw.connection import Connection, Convolution, Dense, FeatureMap, Folded, Pooled
from spikewright_hw.engine.taps import Taps

#: Events that the core may hold: one whose last tap is offered, and one behind it.
CAPACITY = 2

#: What the core assumes of its events.
PLACE = "taps: a place that there is"

ROW = "the row is that of the event's next tap"
WORD = "the word is that of the event's next tap"
TAP = "a transfer is a tap, or a step ends without one"
LAST = "last is on a step's last tap, and only there"
INVENTED = "no tap is repeated or invented"
LOST = "no tap is lost or kept back"
BEYOND = "no event is taken beyond the capacity"
RANGE = "the queue is in range"
TAKES = "an event is taken while none is inside"


class TapsSpec(Elaboratable):
    """Each event leads to its taps, each once, in the order of the connection, and to no others.

    ``last`` is on the last tap of a step's last event, or on the transfer that stands for it; no
    tap is kept back. Beside the core runs a queue of the events that came, each as a bit for its
    source, and a count of the taps of the oldest that were taken; what the taps of each source are,
    stands in a list. A planted fault is a wrong field of a tap, one that is withdrawn or changed
    while it stalls, or events that seem to be taken when they are not, or not to be.
    """

    def __init__(self, connection: Connection, *, fault: str = ""):
        self.connection = connection
        self.fault = fault
        self.taps = [[*connection.taps(source)] for source in range(len(connection.source))]

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = Taps(connection=self.connection)
        i = drive(m, dut.i)
        stall(m, dut.o)
        if self.fault == "greedy":
            i.ready = Const(1)
        tap = dut.o.payload
        row, word, real, last = (
            tap[name] ^ (self.fault == name) for name in ("row", "word", "tap", "last")
        )
        o = Observed(payload=Cat(row, word, real, last), valid=dut.o.valid, ready=dut.o.ready)
        offers = Observed(payload=o.payload, valid=o.valid, ready=o.ready)
        plant(m, offers, self.fault)
        held(m, offers, name="tap")

        # Queue: of each event its source, one bit for each that has taps, and whether it is last.
        came = self._event(m, dut)
        head, following = Signal.like(came), Signal.like(came)
        level, after = Signal(range(CAPACITY + 2)), Signal(range(CAPACITY + 2))
        given = Signal(range(max(map(len, self.taps)) + 1))
        final, comes, fresh = Signal(), Signal(), Signal()
        count = self._of_source(head, [len(taps) for taps in self.taps])
        m.d.comb += [
            final.eq(given + 1 >= count),
            comes.eq(i.transfers & came.any()),
            after.eq(level - (o.transfers & final)),
        ]
        m.d.sync += [level.eq(after + comes), fresh.eq(comes & (after == 0))]
        with m.If(o.transfers):
            m.d.sync += given.eq(Mux(final, 0, given + 1))
            with m.If(final):
                m.d.sync += head.eq(following)
        with m.If(comes):
            m.d.sync += following.eq(came)
            with m.If(after == 0):
                m.d.sync += head.eq(came)

        # Properties.
        with m.If(o.valid):
            m.d.comb += [
                Assert(level != 0, INVENTED),
                Assert(row == self._of_tap(head, given, 0), ROW),
                Assert(word == self._of_tap(head, given, 1), WORD),
                Assert(real == (count != 0), TAP),
                Assert(last == (head[-1] & final), LAST),
            ]
        takes = dut.i.ready & (self.fault != "deaf")
        m.d.comb += [
            Assert(o.valid | fresh | (level == 0), LOST),
            Assert(~comes | (after != CAPACITY), BEYOND),
            Assert(level <= CAPACITY, RANGE),
            Assert(takes | (level != 0), TAKES),
        ]

        # Witnesses.
        resumed = Signal()
        m.d.sync += resumed.eq(o.transfers & final)
        m.d.comb += [
            Cover(o.transfers & final & (given != 0), "all taps of an event come"),
            Cover(resumed & o.transfers & real, "an event follows another without a gap"),
            Cover(o.transfers & ~real, "a step ends without a tap"),
            Cover((level == CAPACITY) & comes, "an event comes as another goes"),
        ]
        return m

    def _event(self, m: Module, dut: Taps) -> Signal:
        """Return the event that is offered: a bit for each source that has taps, and the last."""
        event, source = dut.i.payload, self.connection.source
        names = source.ordered(y="y", x="x", channel="channel")
        sizes = source.ordered(y=source.height, x=source.width, channel=source.channels)
        with m.If(dut.i.valid):
            for name, size in zip(names, sizes, strict=True):
                m.d.comb += Assume(event[name] < size, PLACE)
        here = []
        for number, taps in enumerate(self.taps):
            rest, third = divmod(number, sizes[2])
            first, second = divmod(rest, sizes[1])
            places = zip(names, (first, second, third), strict=True)
            at = Cat(event.spike, *(event[name] == place for name, place in places))
            here.append(at.all() if taps else Const(0))
        came = Signal(len(here) + 1)
        m.d.comb += came.eq(Cat(*here, event.last))
        return came

    def _of_source(self, event: Value, values: Sequence[int | Value]) -> Value:
        """Return the value of an event's source, or 0 if it has no taps."""
        return reduce(or_, (Mux(event[at], value, 0) for at, value in enumerate(values)))

    def _of_tap(self, event: Value, given: Value, field: int) -> Value:
        """Return the row (0) or the word (1) of the tap of an event with so many before it."""
        return self._of_source(event, [
            reduce(or_, (Mux(given == at, tap[field], 0) for at, tap in enumerate(taps)), Const(0))
            for taps in self.taps
        ])


#: Small connections: with stride, padding and groups, channels first, pooled, dense, and folded.
SMALL: dict[str, Connection] = {
    "stride": Convolution(
        source=FeatureMap(channels=2, height=2, width=3), channels=2, kernel=(1, 2), stride=(2, 1),
        padding=(0, 1), groups=2,
    ),
    "skipped": Convolution(
        source=FeatureMap(channels=1, width=5), channels=1, kernel=(1, 1), stride=(1, 2),
    ),
    "first": Convolution(
        source=FeatureMap(channels=2, height=2, width=2, channels_first=True), channels=1,
        kernel=(2, 2), padding=(1, 0),
    ),
    "pooled": Pooled(
        source=FeatureMap(channels=1, height=2, width=4), window=(2, 2), stride=(2, 2),
        then=Convolution(
            source=FeatureMap(channels=1, width=2), channels=1, kernel=(1, 2), padding=(0, 1),
        ),
    ),
    "folded": Folded(source=FeatureMap(channels=2, width=2), neurons=3, per_word=1),
    "dense": Pooled(
        source=FeatureMap(channels=2, height=2, width=2), window=(1, 2), stride=(1, 2),
        then=Dense(source=FeatureMap(channels=2, height=2), neurons=2),
    ),
}


def specs() -> dict[str, Elaboratable]:
    named: dict[str, Elaboratable] = {f"taps_{name}": TapsSpec(one) for name, one in SMALL.items()}
    return named | {
        "taps_fault": Planted.each(
            lambda fault: TapsSpec(SMALL["stride"], fault=fault),
            {
                "row": (ROW,),
                "word": (WORD,),
                "tap": (TAP,),
                "last": (LAST,),
                "deaf": (TAKES,),
                "greedy": (ROW, WORD, TAP, LAST, INVENTED, LOST, BEYOND, RANGE, TAKES),
                "withdrawn": ("tap: an offer is not withdrawn while it stalls",),
                "unsteady": ("tap: a payload is held while it stalls",),
            },
        ),
    }
