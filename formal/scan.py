"""What is proved of the spike scan."""

from amaranth import Cat, Const, Elaboratable, Module, Signal
from amaranth.hdl import Assert, Cover

from faults import Planted, plant
from properties import Observed, drive, held, stall
from spikewright_hw.engine.scan import Scan

#: Bitmaps that the core may hold: one in the bitmap stage, one in the group stage.
CAPACITY = 2

LAST = "last is on a bitmap's last event, and only there"
SPIKE = "an event is a spike or a bitmap is empty"
ROW = "the row is the lowest bit that is still owed"
EMPTY_ROW = "the row of an empty bitmap is 0"


class ScanSpec(Elaboratable):
    """The events of each bitmap are its set bits, each once, in ascending order.

    ``last`` is there on the last of them and on no other; an empty bitmap gives its one event; no
    event is kept back. Beside the core runs a queue of the bitmaps that came, and whatever event
    was taken has its bit removed from the oldest. A planted fault is a wrong field of an event: a
    missing ``last`` of the highest bit, a row, or a row or a spike where nothing spiked; an event
    that is withdrawn or changed while it stalls; or a bitmap that is taken too early.
    """

    def __init__(self, *, width: int, group: int, fault: str = ""):
        self.width = width
        self.group = group
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = Scan(width=self.width, group=self.group)
        i = drive(m, dut.i)
        stall(m, dut.o)
        event = dut.o.payload
        row = event.row ^ ((self.fault == "row") & event.spike)
        row = row ^ ((self.fault == "empty") & ~event.spike)
        last = event.last & ~((self.fault == "last") & (event.row == self.width - 1))
        spike = event.spike | (self.fault == "spike")
        o = Observed(payload=Cat(row, spike, last), valid=dut.o.valid, ready=dut.o.ready)
        if self.fault == "greedy":
            i.ready = Const(1)
        offers = Observed(payload=o.payload, valid=o.valid, ready=o.ready)
        plant(m, offers, self.fault)
        held(m, offers, name="event")

        # Queue: what is left of the oldest bitmap is head.
        head, following = Signal(self.width), Signal(self.width)
        level = Signal(range(CAPACITY + 2))
        fresh = Signal()  # the oldest bitmap came at the last clock edge
        bit = Signal(self.width)
        rest = Signal(self.width)
        done = Signal()
        after = Signal(range(CAPACITY + 2))
        m.d.comb += [
            bit.eq(Cat(head[at] & (head[:at] == 0) for at in range(self.width))),
            rest.eq(head & ~bit),
            done.eq(o.transfers & (rest == 0)),
            after.eq(level - done),
        ]
        m.d.sync += [
            level.eq(after + i.transfers),
            fresh.eq(i.transfers & (after == 0)),
        ]
        with m.If(done):
            m.d.sync += head.eq(following)
        with m.Elif(o.transfers):
            m.d.sync += head.eq(rest)
        with m.If(i.transfers & (after == 0)):
            m.d.sync += head.eq(dut.i.payload)
        with m.Elif(i.transfers):
            m.d.sync += following.eq(dut.i.payload)

        # Properties.
        here = Cat(row == at for at in range(self.width))
        with m.If(o.valid):
            m.d.comb += [
                Assert(level != 0, "no event is repeated or invented"),
                Assert(spike == (head != 0), SPIKE),
                Assert(last == (rest == 0), LAST),
            ]
            with m.If(head != 0):
                m.d.comb += Assert(here == bit, ROW)
            with m.Else():
                m.d.comb += Assert(row == 0, EMPTY_ROW)
        m.d.comb += [
            Assert(~i.transfers | (after != CAPACITY), "no bitmap is taken beyond the capacity"),
            Assert(level <= CAPACITY, "the queue is in range"),
            Assert(o.valid | fresh | (level == 0), "no event is lost or kept back"),
        ]

        # Witnesses.
        full, resumed = Signal(), Signal()
        with m.If(i.transfers):
            m.d.sync += full.eq((level == 0) & dut.i.payload.all())
        m.d.sync += resumed.eq(done)
        m.d.comb += [
            Cover(full & done & event.spike, "all events of a full bitmap come"),
            Cover(done & ~event.spike, "the event of an empty bitmap comes"),
            Cover(resumed & o.transfers & event.spike, "a bitmap follows another without a gap"),
            Cover((level == CAPACITY) & done & i.transfers, "a bitmap comes as another goes"),
        ]
        return m


def specs() -> dict[str, Elaboratable]:
    return {
        "scan_w4_g2": ScanSpec(width=4, group=2),
        "scan_w7_g4": ScanSpec(width=7, group=4),
        "scan_w20_g4": ScanSpec(width=20, group=4),
        "scan_fault": Planted.each(
            lambda fault: ScanSpec(width=4, group=2, fault=fault),
            {
                "last": (LAST,),
                "row": (ROW,),
                "empty": (EMPTY_ROW,),
                "spike": (SPIKE,),
                "greedy": (
                    LAST, ROW, EMPTY_ROW, SPIKE,  # of another bitmap
                    "no event is repeated or invented",
                    "no event is lost or kept back",
                    "no bitmap is taken beyond the capacity",
                    "the queue is in range",
                ),
                "withdrawn": ("event: an offer is not withdrawn while it stalls",),
                "unsteady": ("event: a payload is held while it stalls",),
            },
        ),
    }
