"""What is proved of the spike scan."""

from amaranth import Cat, Const, Elaboratable, Module, Signal, Value
from amaranth.hdl import Assert, Cover

from faults import Planted, plant
from properties import Observed, drive, held, stall
from spikewright_hw.engine.dealing import bank_of
from spikewright_hw.engine.scan import Scan

#: Bitmaps that the core may hold: one in the bitmap stage, one in the group stage.
CAPACITY = 2

LAST = "last is on a bitmap's last event, and only there"
SPIKE = "an event is a spike or a bitmap is empty"
ROW = "the row is the lowest bit that is still owed"
EMPTY_ROW = "the row of an empty bitmap is 0"


def before(bitmap: Value, at: int, *, banks: int) -> Value:
    """Return whether a bit is set before another one in its bank."""
    bank = bank_of(at, banks=banks)
    return Cat(bitmap[bit] for bit in range(at) if bank_of(bit, banks=banks) == bank).any()


class Queue:
    """The bitmaps that came: what is left of the oldest is ``head``.

    ``level`` is how many there are, and ``after`` how many without one that is ``done`` now;
    ``bit`` is the lowest of the head, or of each bank of it, ``rest`` the others; ``fresh``: the
    oldest bitmap came at the last clock edge.
    """

    def __init__(self, m: Module, *, i: Observed, o: Observed, width: int, banks: int = 1):
        self.head, following = Signal(width, name="head"), Signal(width, name="following")
        self.level = Signal(range(CAPACITY + 2), name="level")
        self.fresh = Signal(name="fresh")
        self.bit = Signal(width, name="bit")
        self.rest = Signal(width, name="rest")
        self.done = Signal(name="done")
        self.after = Signal(range(CAPACITY + 2), name="after")
        m.d.comb += [
            self.bit.eq(Cat(
                self.head[at] & ~before(self.head, at, banks=banks)
                for at in range(width)
            )),
            self.rest.eq(self.head & ~self.bit),
            self.done.eq(o.transfers & (self.rest == 0)),
            self.after.eq(self.level - self.done),
        ]
        m.d.sync += [
            self.level.eq(self.after + i.transfers),
            self.fresh.eq(i.transfers & (self.after == 0)),
        ]
        with m.If(self.done):
            m.d.sync += self.head.eq(following)
        with m.Elif(o.transfers):
            m.d.sync += self.head.eq(self.rest)
        with m.If(i.transfers & (self.after == 0)):
            m.d.sync += self.head.eq(i.payload)
        with m.Elif(i.transfers):
            m.d.sync += following.eq(i.payload)


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

        queue = Queue(m, i=i, o=o, width=self.width)
        head, level, done, after = queue.head, queue.level, queue.done, queue.after

        # Properties.
        here = Cat(row == at for at in range(self.width))
        with m.If(o.valid):
            m.d.comb += [
                Assert(level != 0, "no event is repeated or invented"),
                Assert(spike == (head != 0), SPIKE),
                Assert(last == (queue.rest == 0), LAST),
            ]
            with m.If(head != 0):
                m.d.comb += Assert(here == queue.bit, ROW)
            with m.Else():
                m.d.comb += Assert(row == 0, EMPTY_ROW)
        m.d.comb += [
            Assert(~i.transfers | (after != CAPACITY), "no bitmap is taken beyond the capacity"),
            Assert(level <= CAPACITY, "the queue is in range"),
            Assert(o.valid | queue.fresh | (level == 0), "no event is lost or kept back"),
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
