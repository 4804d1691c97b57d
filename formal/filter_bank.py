"""What is proved of the filter bank."""

from typing import Any

from amaranth import Array, Elaboratable, Module, Mux, Signal, Value
from amaranth.hdl import Assert, Cover

from faults import Spec, Through, plant
from properties import anything, drive, held, observe, stall
from spikewright_hw.audio.bank import Bank
from spikewright_hw.audio.filter_bank import CHANNEL_CYCLES, FilterBank

RANGE = "no state leaves its range, whatever is heard"
COUNT = "a count is that of all spikes of its channel in the step"
SPIKE = "a neuron spikes when what it has heard, less its spikes, reaches the threshold"
ORDER = "the counts of a step come in the order of the channels"
STEP = "counts come with the last sample of a step alone"
KEEPS = "a neuron keeps less than its threshold"
PACE = "a channel takes its cycles for a sample"

#: Properties that each planted fault turns red.
FAULTS = {
    "missed": (COUNT,),
    "eager": (SPIKE,),
    "swapped": (ORDER,),
    "longer": (STEP,),
    "full": (KEEPS,),
    "slow": (PACE,),
    "unsteady": ("count: a payload is held while it stalls",),
    "withdrawn": ("count: an offer is not withdrawn while it stalls",),
}


class AnyProduct(FilterBank):
    """The bank with anything in the place of its products."""

    def product(self, factor: Value, state: Value) -> Value:
        return anything((factor * state).shape())


class FilterBankSpec(Spec):
    """No spike is lost, from the neuron to the count, for any sound and any products.

    Beside the core runs, of each channel, the neuron's membrane and a count of its spikes. The
    planted faults, beside those of :func:`~faults.plant`: a count that seems one too small
    (``missed``), a threshold that seems lower (``eager``) or
    to leave less (``full``), a channel that seems another
    (``swapped``), a step that seems to end with each other sample (``longer``), a turn that seems
    a cycle shorter (``slow``).
    """

    def __init__(self, dut: FilterBank):
        self.dut = dut

    def surround(self, m: Module) -> dict[str, Any]:
        """Add the core; return of each channel the membrane, and the count that is owed."""
        m.submodules.dut = dut = self.dut
        bank = dut.bank
        i = drive(m, dut.i)
        stall(m, dut.o)
        fresh, anew = Signal(init=1), Signal()
        at, last = Signal(range(bank.samples), init=bank.samples - 1), Signal()
        with m.If(i.transfers):
            begins = dut.i.payload.start | fresh
            m.d.sync += [
                anew.eq(begins), fresh.eq(0),
                at.eq(Mux(begins | (at == bank.samples - 1), 0, at + 1)),
            ]
        m.d.comb += last.eq(at == bank.samples - 1)
        owed = Signal(range(bank.most_count + 2))
        membranes, heard = [], []
        for channel in range(bank.channels):
            membrane = Signal(range(2 * bank.threshold), name=f"membrane_{channel}")
            count = Signal(range(bank.most_count + 2), name=f"count_{channel}")
            total = Mux(anew, 0, membrane) + dut.level
            spikes = Mux(at == 0, 0, count) + dut.spike
            with m.If(dut.ends & (dut.turn == channel)):
                m.d.sync += [
                    membrane.eq(Mux(dut.spike, total - bank.threshold, total)), count.eq(spikes)
                ]
                with m.If(last):
                    m.d.sync += owed.eq(spikes)
            heard.append(total)
            membranes.append(membrane)
        return {"heard": Array(heard), "owed": owed, "last": last, "membranes": membranes}

    def check(self, m: Module, seen: dict[str, Any], fault: str) -> None:
        dut = self.dut
        bank = dut.bank
        channel, count = dut.o.payload.channel, dut.o.payload.count
        o = observe(dut.o)
        plant(m, o, fault)
        held(m, o, name="count")

        following, ended = Signal.like(channel), Signal()
        with m.If(dut.o.valid & dut.o.ready):
            m.d.sync += following.eq(Mux(following == bank.channels - 1, 0, following + 1))
        m.d.sync += ended.eq(dut.ends & (seen["last"] ^ (fault == "longer")))
        before = Signal()
        m.d.sync += before.eq(dut.o.valid & ~dut.o.ready)
        with m.If(dut.o.valid):
            m.d.comb += [
                Assert(count == seen["owed"] + (fault == "missed"), COUNT),
                Assert(channel == (following ^ (fault == "swapped")), ORDER),
            ]
        m.d.comb += Assert((dut.o.valid & ~before) == ended, STEP)
        with m.If(dut.ends):
            due = seen["heard"][dut.turn] >= bank.threshold - (fault == "eager")
            m.d.comb += Assert(dut.spike == due, SPIKE)
        for membrane in seen["membranes"]:
            m.d.comb += Assert(membrane < bank.threshold - (fault == "full"), KEEPS)
        self._pace(m, fault)
        m.d.comb += [
            Cover(dut.o.valid & (count == bank.most_count), "a neuron spikes as often as it can"),
            Cover(dut.o.valid & (count == 0), "a neuron does not spike in a step"),
        ]

    def _pace(self, m: Module, fault: str) -> None:
        """State how long a turn takes, but for the time in which a count waits to be taken."""
        dut = self.dut
        waited = Signal(range(CHANNEL_CYCLES + 1))
        final = waited == CHANNEL_CYCLES - 1 - (fault == "slow")
        with m.If(dut.i.ready | dut.ends):
            m.d.sync += waited.eq(0)
        with m.Elif(waited != CHANNEL_CYCLES - 1):
            m.d.sync += waited.eq(waited + 1)
        free = ~dut.o.valid | dut.o.ready
        m.d.comb += Assert(dut.i.ready | (dut.ends == (final & free)), PACE)


class RangeSpec(Spec):
    """No part of a resonator's state is cut, for any sound. Planted: one that seems larger."""

    def __init__(self, dut: FilterBank):
        self.dut = dut

    def surround(self, m: Module) -> None:
        m.submodules.dut = dut = self.dut
        drive(m, dut.i)
        stall(m, dut.o)

    def check(self, m: Module, seen: None, fault: str) -> None:
        dut = self.dut
        part = dut.part << 2 if fault == "loud" else dut.part
        room = 1 << dut.bank.state_bits - 1
        m.d.comb += [
            Assert(~dut.cuts | ((part < room) & (part >= -room)), RANGE),
            Cover(
                dut.cuts & (dut.part < -room // 4), "a state grows by what is heard again"
            ),
        ]


def bank(channels: int, *, samples: int = 2) -> Bank:
    """Return a small bank."""
    return Bank(
        cosines=(3, -2)[:channels], sines=(3, 4)[:channels], shifts=(2, 2)[:channels],
        samples=samples, threshold=7, floor=32, sample_bits=3, guard=2, fraction=3,
    )


def specs() -> dict[str, Elaboratable]:
    return {
        "filter_bank_c2": FilterBankSpec(AnyProduct(bank(2))),
        "filter_bank_c1": FilterBankSpec(AnyProduct(bank(1, samples=1))),
        "filter_bank_range": RangeSpec(FilterBank(bank(1))),
        "filter_bank_fault": Through(FilterBankSpec(AnyProduct(bank(2))), FAULTS),
        "filter_bank_fault_range": Through(RangeSpec(FilterBank(bank(1))), {"loud": (RANGE,)}),
    }
