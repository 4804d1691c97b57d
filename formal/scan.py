"""What is proved of the spike scan."""

from amaranth import Cat, Elaboratable, Module, Signal, Value
from amaranth.hdl import Assert, Cover

from faults import Planted
from properties import Observed, drive, held, stall
from spikewright_hw.engine.scan import Scan

#: Bitmaps that the core may hold: one in the bitmap stage, one in the group stage.
CAPACITY = 2


class ScanSpec(Elaboratable):
    """The events of each bitmap are its set bits, each once, in ascending order.

    ``last`` is there on the last of them and on no other; an empty bitmap gives its one event; no
    event is kept back. Beside the core runs a queue of the bitmaps that came, and whatever event
    was taken has its bit removed from the oldest. The planted fault hides the ``last`` of the
    highest bit.
    """

    def __init__(self, *, width: int, group: int, fault: bool = False):
        self.width = width
        self.group = group
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = Scan(width=self.width, group=self.group)
        i = drive(m, dut.i)
        stall(m, dut.o)
        event = dut.o.payload
        last = event.last
        if self.fault:
            last = last & ~(event.spike & (event.row == self.width - 1))
        o = Observed(
            payload=Cat(event.row, event.spike, last), valid=dut.o.valid, ready=dut.o.ready
        )
        held(m, o, name="event")

        # Queue: what is left of the oldest bitmap is head.
        head, following = Signal(self.width), Signal(self.width)
        level = Signal(range(CAPACITY + 1))
        fresh = Signal()  # the oldest bitmap came at the last clock edge
        bit = Signal(self.width)
        rest = Signal(self.width)
        done = Signal()
        after = Signal(range(CAPACITY + 1))
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
        here = Cat(Value.cast(event.row) == at for at in range(self.width))
        with m.If(o.valid):
            m.d.comb += [
                Assert(level != 0, "no event is repeated or invented"),
                Assert(event.spike == (head != 0), "an event is a spike or a bitmap is empty"),
                Assert(last == (rest == 0), "last is on a bitmap's last event, and only there"),
            ]
            with m.If(head != 0):
                m.d.comb += Assert(here == bit, "the row is the lowest bit that is still owed")
            with m.Else():
                m.d.comb += Assert(event.row == 0, "the row of an empty bitmap is 0")
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
        "scan_fault": Planted({
            "last": (
                ScanSpec(width=4, group=2, fault=True),
                (
                    "last is on a bitmap's last event, and only there",
                ),
            ),
        }),
    }
