"""What is proved of the input scan."""

from itertools import pairwise

from amaranth import Cat, Elaboratable, Module, Signal, Value
from amaranth.hdl import Assert, Assume, Cover

from faults import Planted, plant
from properties import Observed, anything, held, stall
from scan import LAST, before
from spikewright_hw.engine.dealing import dealt
from spikewright_hw.engine.input_scan import AT_ONCE, InputScan

SPIKE = "a bank gives a spike or has none left in the step"
PLACE = "the place in a bank is that of its lowest bit that is still owed, or 0"
KEPT = "the first events come in time, and no cycle is lost after them"
MORE = "no event is repeated or invented"


class InputScanSpec(Elaboratable):
    """In each cycle every bank gives the lowest of its set bits, bitmap after bitmap as stored.

    The environment stores as many bitmaps as an inference has, then lets them be scanned until all
    events have come, and begins again. Of three bitmaps and more no cycle is lost; of fewer, the
    first two cycles may be without events, for these are looked for when they have come. Beside the
    core stand the bitmaps that came, from which
    whatever was taken is removed. A planted fault is a missing ``last``, a wrong place, a spike
    that there is not; an offer that is withdrawn or changed while it stalls; events of a bitmap
    that nobody owes; or a first one that is owed a cycle earlier.
    """

    def __init__(
        self, *, width: int, banks: int, count: int, at_once: int = AT_ONCE, fault: str = ""
    ):
        self.at_once = at_once
        self.width = width
        self.banks = banks
        self.count = count
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = InputScan(
            width=self.width, banks=self.banks, count=self.count, at_once=self.at_once
        )
        stall(m, dut.o)
        places, spikes, last = self._given(dut)
        o = Observed(payload=Cat(*places, spikes, last), valid=dut.o.valid, ready=dut.o.ready)
        offers = Observed(payload=o.payload, valid=o.valid, ready=o.ready)
        plant(m, offers, self.fault)
        held(m, offers, name="event")

        # The environment: how many bitmaps are stored and not yet done, and whether they are given.
        bitmaps = [Signal(self.width, name=f"bitmap_{at}") for at in range(self.count)]
        level, going, age = Signal(range(self.count + 2)), Signal(), Signal(2)
        comes = anything(1)
        m.d.comb += [
            dut.i.payload.eq(anything(dut.words.bits)), dut.i.valid.eq(comes), dut.go.eq(going),
            Assume(~comes | (~going & (level != self.count)), "bitmaps come before they are given"),
        ]
        part = Signal(range(dut.words.count + 1))  # how many words of a bitmap have come
        whole = comes & (part == dut.words.count - 1)
        with m.If(comes):
            m.d.sync += part.eq(part + 1)
            with m.If(whole):
                m.d.sync += [part.eq(0), level.eq(level + 1)]
            for at, bitmap in enumerate(bitmaps):
                with m.If(level == at):
                    m.d.sync += bitmap.word_select(part, dut.words.bits).eq(dut.i.payload)
        with m.If(~going & (level + whole == self.count) & anything(1)):
            m.d.sync += [going.eq(1), age.eq(0)]
        with m.Elif(going & (level == 0) & anything(1)):
            m.d.sync += going.eq(0)
        with m.If(going & (age != 2)):
            m.d.sync += age.eq(age + 1)

        head = bitmaps[0]
        bit = Cat(head[at] & ~before(head, at, banks=self.banks) for at in range(self.width))
        rest = head & ~bit
        done = o.transfers & (rest == 0)
        with m.If(done):
            m.d.sync += level.eq(level - 1)
            m.d.sync += [bitmap.eq(after) for bitmap, after in pairwise(bitmaps)]
        with m.Elif(o.transfers):
            m.d.sync += head.eq(rest)
        # Of two bitmaps, the second may come so late that its groups are looked for meanwhile.
        wait = 2 if self.count < 3 else 0
        owed = going & (level > (self.fault == "lost"))
        with m.If(o.valid):
            m.d.comb += [Assert(owed, MORE), Assert(last == (rest == 0), LAST)]
            for bank, place in enumerate(places):
                lowest = Cat(dealt([*bit], self.banks)[bank])
                here = Cat(place == at for at in range(len(lowest)))
                m.d.comb += [
                    Assert(spikes[bank] == lowest.any(), SPIKE),
                    Assert(here == Cat(lowest[0] | ~lowest.any(), lowest[1:]), PLACE),
                ]
        m.d.comb += [
            Assert(o.valid | ~owed | (age + (self.fault == "late") < wait), KEPT),
            Cover(done & (level == 1) & going, "all bitmaps are done"),
            Cover(~going & (level == self.count) & (age == 2), "they follow those of another"),
            Cover(done & ~spikes.any(), "the event of an empty bitmap comes"),
            Cover(done & spikes.all(), "all banks end at once"),
        ]
        return m

    def _given(self, dut: InputScan) -> tuple[list[Value], Value, Value]:
        """Return places, spikes and last as the core gives them, but for what is planted."""
        given = dut.o.payload
        places: list[Value] = [given.row] if self.banks == 1 else [*given.places]
        spikes = Cat(given.spike) if self.banks == 1 else given.spikes
        places[-1] = places[-1] ^ (self.fault == "place")
        last = given.last & ~((self.fault == "last") & spikes[-1])
        return places, spikes | (self.fault == "spike"), last


def specs() -> dict[str, Elaboratable]:
    return {
        "input_scan_w4_b1_n2": InputScanSpec(width=4, banks=1, count=2),
        "input_scan_w4_b2_n2": InputScanSpec(width=4, banks=2, count=2),
        "input_scan_w7_b3_n1": InputScanSpec(width=7, banks=3, count=1),
        "input_scan_w3_b1_n3": InputScanSpec(width=3, banks=1, count=3),
        "input_scan_w5_b2_n2_words": InputScanSpec(width=5, banks=2, count=2, at_once=1),
        "input_scan_fault": Planted.each(
            lambda fault: InputScanSpec(width=4, banks=2, count=2, fault=fault),
            {
                "last": (LAST,),
                "place": (PLACE,),
                "spike": (SPIKE,),
                "lost": (MORE,),
                "late": (KEPT,),
                "withdrawn": ("event: an offer is not withdrawn while it stalls",),
                "unsteady": ("event: a payload is held while it stalls",),
            },
        ),
    }
