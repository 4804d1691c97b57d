"""What is proved of the bank scan."""

from amaranth import Cat, Const, Elaboratable, Module, Signal, Value
from amaranth.hdl import Assert, Cover

from faults import Planted, plant
from properties import Observed, drive, held, stall
from scan import CAPACITY, LAST, Queue
from spikewright_hw.engine.bank_scan import BankScan
from spikewright_hw.engine.dealing import dealt

SPIKE = "a bank gives a spike or has none left in the step"
PLACE = "the place in a bank is that of its lowest bit that is still owed, or 0"


class BankScanSpec(Elaboratable):
    """In each cycle every bank gives the lowest of its set bits, until all have given all of them.

    ``last`` is there in the last cycle of a bitmap and in no other, and no cycle is kept back.
    Beside the core runs a queue of the bitmaps that came, and whatever was taken is removed from
    the oldest. A planted fault is a missing ``last``, a wrong place, a spike that there is not; an
    offer that is withdrawn or changed while it stalls; or a bitmap that is taken too early.
    """

    def __init__(self, *, width: int, banks: int, fault: str = ""):
        self.width = width
        self.banks = banks
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = BankScan(width=self.width, banks=self.banks)
        i = drive(m, dut.i)
        stall(m, dut.o)
        given = dut.o.payload
        spikes = given.spikes | (self.fault == "spike")
        places: list[Value] = [*given.places]
        places[-1] = places[-1] ^ (self.fault == "place")
        last = given.last & ~((self.fault == "last") & given.spikes[-1])
        o = Observed(payload=Cat(*places, spikes, last), valid=dut.o.valid, ready=dut.o.ready)
        if self.fault == "greedy":
            i.ready = Const(1)
        offers = Observed(payload=o.payload, valid=o.valid, ready=o.ready)
        plant(m, offers, self.fault)
        held(m, offers, name="event")

        queue = Queue(m, i=i, o=o, width=self.width, banks=self.banks)
        level, done, after = queue.level, queue.done, queue.after
        with m.If(o.valid):
            m.d.comb += [
                Assert(level != 0, "no event is repeated or invented"),
                Assert(last == (queue.rest == 0), LAST),
            ]
            for bank, place in enumerate(places):
                owed = Cat(dealt([*queue.bit], self.banks)[bank])
                here = Cat(place == at for at in range(len(owed)))
                m.d.comb += [
                    Assert(spikes[bank] == owed.any(), SPIKE),
                    Assert(here == owed | ~owed.any(), PLACE),
                ]
        m.d.comb += [
            Assert(~i.transfers | (after != CAPACITY), "no bitmap is taken beyond the capacity"),
            Assert(level <= CAPACITY, "the queue is in range"),
            Assert(o.valid | queue.fresh | (level == 0), "no event is lost or kept back"),
        ]
        resumed = Signal()
        m.d.sync += resumed.eq(done)
        m.d.comb += [
            Cover(done & given.spikes.all(), "all banks end at once"),
            Cover(done & (given.spikes.any() & ~given.spikes.all()), "a bank ends after another"),
            Cover(done & ~given.spikes.any(), "the event of an empty bitmap comes"),
            Cover(resumed & o.transfers & given.spikes.all(), "a bitmap follows without a gap"),
        ]
        return m


def specs() -> dict[str, Elaboratable]:
    return {
        "bank_scan_w4_b2": BankScanSpec(width=4, banks=2),
        "bank_scan_w7_b3": BankScanSpec(width=7, banks=3),
        "bank_scan_w12_b4": BankScanSpec(width=12, banks=4),
        "bank_scan_fault": Planted.each(
            lambda fault: BankScanSpec(width=4, banks=2, fault=fault),
            {
                "last": (LAST,),
                "place": (PLACE,),
                "spike": (SPIKE,),
                "greedy": (
                    LAST, PLACE, SPIKE,  # of another bitmap
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
