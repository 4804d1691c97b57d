"""What is proved of an engine on Wishbone: the rules of the bus, and what its registers are."""

from dataclasses import dataclass

from amaranth import Array, Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.hdl import Assert, Assume, Cover

from answers import owed_word
from faults import Spec, Through
from inference import smallest_network
from properties import anything
from spikewright_hw.bus.answer import answer_names
from spikewright_hw.bus.registers import FIRST, SAMPLE, STATUS
from spikewright_hw.bus.wishbone import Wishbone
from spikewright_hw.engine.event import EventEngine, worst_cycles
from spikewright_hw.network import Network

HOLDS = "the master holds a request until it is answered or given up"

ALONE = "an answer comes to a request alone"
ONE = "an answer is done or refused, and not both"
AFTER = "an answer comes a cycle after its request began, and one to each"
SOON = "a request is answered within the cycles promised"
ALLOWED = "a request is refused exactly if there is no such register, or it is not written so"
READ = "a register reads as what it is"
WORDS = "the answer's words are those of the reference, and 0 while there is none"
EARLY = "no answer is there before a sample is complete"
LATE = "an answer is there within the cycles promised, and stays"

#: Faults of what is seen of the core, and the properties that each turns red.
FAULTS = {
    "idle": (ALONE, AFTER),
    "both": (ONE, ALLOWED),
    "twice": (AFTER,),
    "deaf": (SOON,),
    "err": (ALLOWED,),
    "read": (READ,),
    "word": (WORDS,),
    "early": (EARLY,),
    "late": (LATE,),
}


@dataclass(frozen=True)
class Seen:
    """The request, and what was asked a cycle before."""

    request: Value
    before: Signal


class WishboneSpec(Spec):
    """The rules of Wishbone's classic cycles, and a model of the registers.

    Parameters
    ----------
    dut : Wishbone
    longest : int
        Cycles that no inference of its engine exceeds.
    """

    def __init__(self, dut: Wishbone, *, longest: int):
        self.dut = dut
        self.longest = longest

    def surround(self, m: Module) -> Seen:
        m.submodules.dut = dut = self.dut
        asked = Cat(dut.wb_adr_i, dut.wb_we_i, dut.wb_sel_i, dut.wb_dat_i)
        held, before, answered = Signal(len(asked)), Signal(), Signal()
        request = dut.wb_cyc_i & dut.wb_stb_i
        m.d.comb += [
            asked.eq(anything(len(asked))), dut.wb_cyc_i.eq(anything(1)),
            dut.wb_stb_i.eq(anything(1)),
        ]
        m.d.sync += [
            held.eq(asked), before.eq(request), answered.eq(dut.wb_ack_o | dut.wb_err_o),
        ]
        with m.If(request & before & ~answered):
            m.d.comb += Assume(asked == held, HOLDS)
        return Seen(request, before)

    def check(self, m: Module, seen: Seen, fault: str) -> None:
        dut, request = self.dut, seen.request
        ack, err, irq = dut.wb_ack_o, dut.wb_err_o, dut.irq
        answered = Signal()  # a cycle before
        known = dut.wb_adr_i < len(dut.registers)
        if fault == "idle":
            ack = ack | ~request
        elif fault == "twice":
            ack = ack | (answered & request & ~dut.wb_we_i & known)
        elif fault == "deaf":
            ack = ack & dut.wb_we_i
        elif fault == "both":
            err = err | ack
        elif fault == "err":
            ack, err = err, ack
        reply = ack | err
        m.d.sync += answered.eq(reply)
        waited = Signal(range(dut.sample.transfer_cycles + 2))
        m.d.sync += waited.eq(Mux(request & ~reply, waited + 1, 0))
        writable = dut.wb_sel_i.all() & (dut.wb_adr_i <= SAMPLE)
        m.d.comb += [
            Assert(~reply | request, ALONE),
            Assert(~(ack & err), ONE),
            Assert(~reply | (seen.before & ~answered), AFTER),
            Assert(waited < dut.sample.transfer_cycles, SOON),
        ]
        with m.If(reply & request):
            m.d.comb += Assert(err == ~(known & (~dut.wb_we_i | writable)), ALLOWED)
        self._check_registers(m, fault, irq=irq)

    def _check_registers(self, m: Module, fault: str, *, irq: Signal) -> None:
        """Follow the samples that are written, and compare what is read."""
        dut, sample = self.dut, self.dut.sample
        came, lost = Signal(range(sample.transfers + 1)), Signal()
        bits = Signal(sample.inputs * sample.planes)
        done = (irq | (came == 0)) if fault == "early" else irq & (fault != "late")
        writes = dut.wb_ack_o & dut.wb_we_i
        complete = came == sample.transfers
        with m.If(writes & (dut.wb_adr_i == STATUS)):
            m.d.sync += [came.eq(0), lost.eq(0)]
        with m.Elif(writes & (dut.wb_adr_i == SAMPLE)):
            with m.If(complete & ~irq):
                m.d.sync += lost.eq(1)
            with m.Else():
                number = Mux(complete, 0, came)
                m.d.sync += came.eq(number + 1)
                for at in range(sample.transfers):
                    plane, part = divmod(at, sample.plane_transfers)
                    first = part * sample.data_bits
                    width = min(sample.data_bits, sample.inputs - first)
                    place = plane * sample.inputs + first
                    with m.If(number == at):
                        m.d.sync += bits[place : place + width].eq(dut.wb_dat_i)

        bound = self.longest + 2 * sample.transfer_cycles
        waited = Signal(range(bound + 2))
        m.d.sync += waited.eq(Mux(complete & ~done, waited + 1, 0))
        m.d.comb += [Assert(~done | complete, EARLY), Assert(waited < bound, LATE)]

        read = Array([
            Cat(~complete | irq, irq, lost), came, sample.transfers, dut.identity,
        ])[dut.wb_adr_i[:2]]
        owed_read, owed_word_read = Signal(32), Signal(32)
        at = dut.wb_adr_i - len(FIRST)
        m.d.sync += [
            owed_read.eq(read),
            owed_word_read.eq(Mux(
                irq, owed_word(dut.engine.network, bits=bits, at=at, cycles=Const(0)), 0
            )),
        ]
        reads = dut.wb_ack_o & ~dut.wb_we_i
        is_cycles = at == answer_names(dut.engine.network).index("cycles")
        with m.If(reads):
            with m.If(dut.wb_adr_i < len(FIRST)):
                m.d.comb += Assert(dut.wb_dat_o ^ (fault == "read") == owed_read, READ)
            with m.Elif(~(is_cycles & irq)):
                m.d.comb += Assert(dut.wb_dat_o ^ (fault == "word") == owed_word_read, WORDS)
        m.d.comb += [
            Cover(dut.wb_err_o, "a request is refused"),
            Cover(lost, "a word is lost"),
            Cover(irq & reads & (dut.wb_adr_i >= len(FIRST)), "a word of an answer is read"),
        ]


def spec_of(network: Network) -> WishboneSpec:
    """Return what is proved of a network's event engine on the bus."""
    engine = EventEngine(network=network, share=1)
    return WishboneSpec(Wishbone(engine=engine), longest=worst_cycles(network, share=1))


def specs() -> dict[str, Elaboratable]:
    return {
        "wishbone_t2": spec_of(smallest_network(steps=2)),
        "wishbone_graded": spec_of(smallest_network(input_bits=2)),
        "wishbone_fault": Through(spec_of(smallest_network(steps=2)), FAULTS),
    }
