"""What is proved of the repacking of words."""

from amaranth import Array, Cat, Const, Elaboratable, Module, Mux, Signal
from amaranth.hdl import Assert, Cover

from faults import Planted, plant
from properties import Observed, drive, held, observe, stall
from spikewright_hw.engine.repack import PRESETS, Repack, core

WHEN = "a word is offered as soon as its bits are there, and not before"
TAKES = "a word is taken unless a whole one waits"
BITS = "the bits are those that came, in their order"
ZEROS = "what a step does not fill is zero"


class RepackSpec(Elaboratable):
    """The bits that count leave in their order, each once, and zeros up to the end of a word.

    Beside the core, the words of a step are counted on both sides, and its bits are kept. A planted
    fault is one of :func:`~faults.plant`; a word that is taken too early; or a wrong bit: one that
    counts, or one that is over.
    """

    def __init__(self, dut: Repack, *, fault: str = ""):
        self.dut = dut
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        bits, out_bits, total = dut.bits, dut.out_bits, dut.total
        i, o = drive(m, dut.i), observe(dut.o)
        stall(m, dut.o)
        self._tamper(m, i, o)
        held(m, o, name="word")

        came, went = Signal(range(dut.count + 1)), Signal(range(dut.out_count + 1))
        gone = Signal.like(went)  # the words that are out after this cycle
        over, stays = Signal(), Signal()
        owed = Signal(total)
        m.d.comb += [
            gone.eq(went + o.transfers),
            over.eq(gone == dut.out_count),
            stays.eq(~over & self._whole(came, gone)),
        ]
        m.d.sync += [
            came.eq(Mux(over, 0, came) + i.transfers),
            went.eq(Mux(over, 0, gone)),
        ]
        with m.If(i.transfers):
            for at in range(dut.count):
                with m.If(Mux(over, 0, came) == at):
                    part = owed[at * bits : (at + 1) * bits]
                    m.d.sync += part.eq(i.payload)

        filled = owed if dut.out_count == 1 else Array(
            Cat(owed[at * out_bits : (at + 1) * out_bits], Const(0, out_bits))[:out_bits]
            for at in range(dut.out_count)
        )[went]
        full = Array(
            Const((1 << max(0, min(total - at * out_bits, out_bits))) - 1, out_bits)
            for at in range(dut.out_count + 1)
        )[went]
        differs = Signal(out_bits)
        m.d.comb += [
            differs.eq(o.payload ^ filled),
            Assert(o.valid == self._whole(came, went), WHEN),
            Assert(i.ready == ~stays, TAKES),
        ]
        with m.If(o.valid):
            m.d.comb += [
                Assert((differs & full) == 0, BITS),
                Assert((differs & ~full) == 0, ZEROS),
            ]
        m.d.comb += [
            Cover(i.transfers & o.transfers, "a word goes in while another goes out"),
            Cover(over & owed.all(), "a step of ones leaves"),
        ]
        return m

    def _whole(self, came: Signal, went: Signal):
        """Return whether so many words that came have the bits of the next one to leave."""
        dut = self.dut
        wanted = [min((at + 1) * dut.out_bits, dut.total) for at in range(dut.out_count + 1)]
        there = [min(at * dut.bits, dut.total) for at in range(dut.count + 1)]
        shape = range(dut.total + 1)
        return (
            Array(Const(one, shape) for one in there)[came]
            >= Array(Const(one, shape) for one in wanted)[went]
        )

    def _tamper(self, m: Module, i: Observed, o: Observed) -> None:
        """Plant the fault."""
        plant(m, o, self.fault)
        if self.fault == "greedy":
            i.ready = Const(1)
        elif self.fault == "zeros":
            o.payload = o.payload ^ (1 << self.dut.out_bits - 1)


def planted(fault: str) -> RepackSpec:
    """Plant a fault in a step whose last word is not full, and of zeros in one of one word."""
    return RepackSpec(core(bits=3, count=1 if fault == "zeros" else 2, out_bits=4), fault=fault)


def specs() -> dict[str, Elaboratable]:
    return {
        **{f"repack_{name}": RepackSpec(core(**preset)) for name, preset in PRESETS.items()},
        "repack_fault": Planted.each(planted, {
            "content": (BITS,),
            "zeros": (ZEROS,),
            "unsteady": ("word: a payload is held while it stalls", BITS),
            # The words are miscounted from then on.
            "withdrawn": (
                "word: an offer is not withdrawn while it stalls", WHEN, TAKES, BITS, ZEROS
            ),
            "lost": (WHEN, TAKES, BITS, ZEROS),
            "greedy": (WHEN, TAKES, BITS),
        }),
    }
