"""What is proved of an engine on AXI4-Stream: the rules of the bus, and one answer a packet."""

from dataclasses import dataclass
from types import SimpleNamespace

from amaranth import Cat, Elaboratable, Module, Mux, Signal
from amaranth.hdl import Assert, Cover

from answers import owed_word
from faults import Spec, Through
from inference import map_network, smallest_network
from properties import Observed, drive, held, stall
from spikewright_hw.bus.axi_stream import AxiStream
from spikewright_hw.engine.event import EventEngine, worst_cycles
from spikewright_hw.network import Network

WITHDRAWN = "answer: an offer is not withdrawn while it stalls"
UNSTEADY = "answer: a payload is held while it stalls"
EARLY = "no word of an answer comes before its packet is over"
GREEDY = "no packet is taken while an answer is owed"
LATE = "an answer comes within the cycles promised"
DEAF = "a transfer is taken within the cycles promised"
LENGTH = "an answer has exactly its words, the last one marked"
MARK = "an answer is marked if its packet was of another length, and else not"
WORDS = "each word is that of the reference, for what of the sample came"

#: Faults of what is seen of the core, and the properties that each turns red.
FAULTS = {
    "withdrawn": (WITHDRAWN, LATE),
    "unsteady": (UNSTEADY, WORDS),
    "early": (EARLY,),
    "greedy": (GREEDY,),
    "late": (LATE,),
    "deaf": (DEAF,),
    "length": (LENGTH,),
    "mark": (MARK,),
    "word": (WORDS,),
}


@dataclass(frozen=True)
class Seen:
    """Both ends of the core, and of the packet: its transfers, and what came of a sample."""

    came: Observed
    index: Signal
    bits: Signal


class AxiSpec(Spec):
    """The rules of AXI4-Stream, and one answer for each packet, of whatever length it is.

    Parameters
    ----------
    dut : AxiStream
    longest : int
        Cycles that no inference of its engine exceeds.
    """

    def __init__(self, dut: AxiStream, *, longest: int):
        self.dut = dut
        self.longest = longest

    @property
    def patience(self) -> int:
        """Cycles within which a transfer is taken."""
        return self.dut.sample.transfer_cycles

    @property
    def bound(self) -> int:
        """Cycles from the end of a packet to its answer: it is filled up, and inferred."""
        return self.longest + self.patience * self.dut.sample.transfers

    def surround(self, m: Module) -> Seen:
        m.submodules.dut = dut = self.dut
        came = drive(m, SimpleNamespace(
            payload=Cat(dut.s_axis_tdata, dut.s_axis_tlast), valid=dut.s_axis_tvalid,
            ready=dut.s_axis_tready,
        ))
        stall(m, SimpleNamespace(ready=dut.m_axis_tready))
        sample = dut.sample
        index = Signal(range(sample.transfers + 2))  # one more than a sample has at most
        bits = Signal(sample.inputs * sample.planes)
        with m.If(came.transfers):
            m.d.sync += index.eq(Mux(
                dut.s_axis_tlast, 0, index + (index != sample.transfers + 1)
            ))
            with m.If(index == 0):
                m.d.sync += bits.eq(0)
            for at in range(sample.transfers):
                plane, part = divmod(at, sample.plane_transfers)
                first = part * sample.data_bits
                width = min(sample.data_bits, sample.inputs - first)
                with m.If(index == at):
                    place = plane * sample.inputs + first
                    m.d.sync += bits[place : place + width].eq(dut.s_axis_tdata)
        return Seen(came, index, bits)

    def check(self, m: Module, seen: Seen, fault: str) -> None:
        dut, came = self.dut, seen.came
        count, transfers = len(dut.answer), dut.sample.transfers
        owed, wrong = Signal(), Signal()  # a packet is over and its answer is not; of which length
        at = Signal(range(count + 1))  # words of the answer that are out
        went = self._tampered(m, fault, owed=owed, at=at)
        data, last, mark = went.payload[:32], went.payload[32], went.payload[33]
        over = Signal()
        m.d.comb += over.eq(came.transfers & dut.s_axis_tlast)
        with m.If(dut.m_axis_tvalid & dut.m_axis_tready):
            m.d.sync += [at.eq(Mux(at == count - 1, 0, at + 1)), owed.eq(at != count - 1)]
        with m.If(over):
            m.d.sync += [owed.eq(1), wrong.eq(seen.index != transfers - 1)]

        held(m, went, name="answer")
        waited, kept = Signal(range(self.bound + 2)), Signal(range(self.patience + 2))
        offered = Signal()
        ready = came.ready & (fault != "deaf")
        m.d.comb += offered.eq(came.valid & ~owed)
        m.d.sync += [
            waited.eq(Mux(owed & ~went.valid, waited + 1, 0)),
            kept.eq(Mux(offered & ~ready, kept + 1, 0)),
        ]
        m.d.comb += [
            Assert(waited < self.bound, LATE),
            Assert(kept < self.patience, DEAF),
            Assert(~(came.ready | (fault == "greedy")) | ~owed, GREEDY),
        ]
        word = owed_word(dut.engine.network, bits=seen.bits, at=at, cycles=data)
        with m.If(went.valid):
            m.d.comb += Assert(owed, EARLY)
            with m.If(owed):
                m.d.comb += [
                    Assert(last == (at == count - 1), LENGTH),
                    Assert(mark == wrong, MARK),
                    Assert(data == word, WORDS),
                ]
        m.d.comb += [
            Cover(went.transfers & last & ~mark, "the answer to a sample is over"),
            Cover(went.transfers & last & mark & (seen.index == 0), "so is that to a wrong packet"),
        ]

    def _tampered(self, m: Module, fault: str, *, owed: Signal, at: Signal) -> Observed:
        """Return the answer as it is seen through a fault."""
        dut, first, stalled = self.dut, at == 0, Signal()
        last, mark, data = dut.m_axis_tlast, dut.m_axis_tuser, dut.m_axis_tdata
        valid = dut.m_axis_tvalid
        m.d.sync += stalled.eq(valid & ~dut.m_axis_tready)
        data = data ^ {
            "unsteady": first & stalled, "word": first,
        }.get(fault, 0)
        if fault == "length":
            last = last ^ first
        elif fault == "mark":
            mark = ~mark
        elif fault == "withdrawn":
            valid = valid & ~(stalled & first)
        elif fault == "late":
            valid = valid & ~first
        elif fault == "early":
            valid = valid | (~owed & dut.m_axis_tready)
        return Observed(payload=Cat(data, last, mark), valid=valid, ready=dut.m_axis_tready)


def spec_of(network: Network, *, data_bits: int, most_bits: int = 1024) -> AxiSpec:
    """Return what is proved of a network's event engine on a bus of so many bits."""
    engine = EventEngine(network=network, share=1, most_bits=most_bits)
    longest = worst_cycles(network, share=1, most_bits=most_bits)
    return AxiSpec(AxiStream(engine=engine, data_bits=data_bits), longest=longest)


def specs() -> dict[str, Elaboratable]:
    return {
        "axi_stream_t2": spec_of(smallest_network(steps=2), data_bits=8),
        "axi_stream_map": spec_of(map_network(steps=1), data_bits=16, most_bits=1),
        "axi_stream_fault": Through(spec_of(smallest_network(steps=2), data_bits=8), FAULTS),
    }
