"""What is proved of the word scan."""

from itertools import product

from amaranth import Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.hdl import Assert, Cover

from faults import Planted, plant
from properties import Observed, drive, held, stall
from spikewright_hw.connection import FeatureMap
from spikewright_hw.engine.word_scan import WordScan

SPIKE = "an event is a spike, or a step ends without one"
PLACE = "a spike is at the place of the first that is still owed"
CLOSING = "a step that ends without a spike is closed where its last word begins"
LAST = "last is on a step's last event, and only there"
INVENTED = "no event is repeated or invented"
LOST = "no event is lost or kept back"
BEYOND = "no word of a third step is taken"
TAKES = "a word is taken while nothing is owed"


class WordScanSpec(Elaboratable):
    """The events of a step are the spikes of its words, each once, in order, at their places.

    ``last`` is on a step's last event and on no other, after all words of the step; no event is
    kept back. Beside the core, what is owed of a step stands in one bitmap, which fills word by
    word, and whatever event was taken has its bit removed. Where a spike is, follows from a list of
    all places. A planted fault is an event with a wrong field, one that is withdrawn or changed
    while it stalls, or words that seem to be taken when they are not, or not to be.
    """

    def __init__(self, *, source: FeatureMap, bits: int, fault: str = ""):
        self.source = source
        self.bits = bits
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = WordScan(source=self.source, bits=self.bits)
        i = drive(m, dut.i)
        stall(m, dut.o)
        if self.fault == "greedy":
            i.ready = Const(1)
        place, spike, last = self._event(dut)
        o = Observed(payload=Cat(place, spike, last), valid=dut.o.valid, ready=dut.o.ready)
        offers = Observed(payload=o.payload, valid=o.valid, ready=o.ready)
        plant(m, offers, self.fault)
        held(m, offers, name="event")

        # What is owed: of the oldest step, and of the one behind it.
        sources, words = len(self.source), len(self.source) // self.bits
        owed = [Signal(sources, name=f"owed_{at}") for at in range(2)]
        taken = [Signal(range(words + 1), name=f"taken_{at}") for at in range(2)]
        first, rest = Signal(sources), Signal(sources)
        closed = Signal()
        m.d.comb += [
            first.eq(Cat(owed[0][at] & ~owed[0][:at].any() for at in range(sources))),
            rest.eq(owed[0] & ~first),
            closed.eq(o.transfers & dut.o.payload.last),
        ]
        left = [Mux(closed, owed[1], Mux(o.transfers, rest, owed[0])), Mux(closed, 0, owed[1])]
        kept = [Mux(closed, taken[1], taken[0]), Mux(closed, 0, taken[1])]
        into = [kept[0] != words, kept[0] == words]
        for at in range(2):
            comes = Cat(Mux(kept[at] == word, dut.i.payload, 0) for word in range(words))
            m.d.sync += [
                owed[at].eq(left[at] | Mux(i.transfers & into[at], comes, 0)),
                taken[at].eq(kept[at] + (i.transfers & into[at])),
            ]

        # Properties.
        spikes, whole = owed[0].any(), taken[0] == words
        pending, waited = Signal(), Signal()
        m.d.comb += pending.eq(spikes | whole)
        m.d.sync += waited.eq(pending & ~o.valid)
        places = [*product(*map(range, self._sizes()))]
        with m.If(o.valid):
            m.d.comb += [
                Assert(pending, INVENTED),
                Assert(spike == spikes, SPIKE),
                Assert(
                    last == Mux(spikes, first[-self.bits :].any() & ~rest.any(), whole), LAST
                ),
            ]
            for axis, seen in enumerate(place):
                of_first = [Mux(first[at], where[axis], 0) for at, where in enumerate(places)]
                with m.If(spikes):
                    m.d.comb += Assert(seen == _either(of_first), PLACE)
                with m.Else():
                    m.d.comb += Assert(seen == places[-self.bits][axis], CLOSING)
        m.d.comb += [
            Assert((dut.i.ready & (self.fault != "deaf")) | pending, TAKES),
            Assert(o.valid | ~pending | ~waited, LOST),
            Assert(~(i.transfers & into[1]) | (kept[1] != words), BEYOND),
        ]

        self._cover(m, o, spike, last, closed=closed, waits=taken[1] != 0, comes=i.transfers)
        return m

    def _cover(
        self, m: Module, o: Observed, spike: Value, last: Value, *, closed: Value, waits: Value,
        comes: Value,
    ) -> None:
        """Add the witnesses."""
        sources = len(self.source)
        count, resumed = Signal(range(sources + 1)), Signal()
        m.d.sync += resumed.eq(closed)
        with m.If(o.transfers):
            m.d.sync += count.eq(Mux(last, 0, count + 1))
        m.d.comb += [
            Cover(closed & ~spike, "a step is closed by an event without a spike"),
            Cover(closed & (count == sources - 1), "all events of a full step come"),
            Cover(resumed & o.transfers & spike, "a step follows another without a gap"),
            Cover(waits & comes, "words of the next step wait"),
        ]

    def _sizes(self) -> tuple[int, int, int]:
        source = self.source
        if source.channels_first:
            return source.channels, source.height, source.width
        return source.height, source.width, source.channels

    def _event(self, dut: WordScan) -> tuple[list[Value], Value, Value]:
        """Return the place, the spike and the last of an event as they are seen."""
        event = dut.o.payload
        names = ("channel", "y", "x") if self.source.channels_first else ("y", "x", "channel")
        place = [event[name] for name in names]
        wrong = {"place": event.spike, "closing": ~event.spike}.get(self.fault, Const(0))
        place[-1] = place[-1] ^ wrong
        spike = event.spike & ~((self.fault == "spike") & place[-1][0])
        last = event.last & ~((self.fault == "last") & place[-1][0])
        return place, spike, last


def _either(values: list[Value]) -> Value:
    result: Value = Const(0)
    for value in values:
        result = result | value
    return result


#: Small maps in the words that there can be: part of an axis, one axis, two, all three.
SMALL = {
    "part": {"source": FeatureMap(channels=4, width=2), "bits": 2},
    "axis": {"source": FeatureMap(channels=2, height=2, width=2), "bits": 2},
    "axes": {"source": FeatureMap(channels=2, height=2, width=2, channels_first=True), "bits": 4},
    "map": {"source": FeatureMap(channels=2, height=2, width=2), "bits": 8},
    "single": {"source": FeatureMap(channels=1, width=3), "bits": 1},
}


def specs() -> dict[str, Elaboratable]:
    named: dict[str, Elaboratable] = {
        f"word_scan_{name}": WordScanSpec(**small) for name, small in SMALL.items()
    }
    return named | {
        "word_scan_fault": Planted.each(
            lambda fault: WordScanSpec(**SMALL["part"], fault=fault),
            {
                "place": (PLACE,),
                "closing": (CLOSING,),
                "spike": (SPIKE,),
                "last": (LAST,),
                "deaf": (TAKES,),
                "greedy": (SPIKE, PLACE, CLOSING, LAST, INVENTED, LOST, BEYOND, TAKES),
                "withdrawn": ("event: an offer is not withdrawn while it stalls",),
                "unsteady": ("event: a payload is held while it stalls",),
            },
        ),
    }
