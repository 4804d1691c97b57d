"""What is proved of the delay."""

from collections.abc import Sequence

from amaranth import Array, Const, Elaboratable, Module, Mux, Shape, Signal, Value
from amaranth.asserts import AnyConst
from amaranth.hdl import Assert, Assume, Cover

from faults import Planted, plant
from properties import Observed, anything, drive, held, observe, stall
from spikewright_hw.engine.delay import PRESETS, Delay, core

#: Words that the core may have read and not given: one that is offered, and one behind it.
READ = 2

#: What the core assumes of whoever clears it.
CLEAR = "delay: clear only while no word waits to leave"

BIT = "a spike leaves as many steps later as its source says"
ZERO = "nothing leaves that was sent before the first step"
EARLY = "no word leaves before what it is made of came"
LOST = "no word is lost or kept back"
TAKES = "a word is taken while fewer steps wait than may come ahead"
BEYOND = "no word is taken of a step more than may come ahead"
CLASH = "no word is read while it is written"


class Contents(Elaboratable):
    """What came into a delay since it was cleared, and has not left.

    ``inside`` counts words, those that came less those that left: of own words, which leave a step
    before they come, it may be negative. ``at`` is which word of a step comes next, and ``out``
    which leaves next; ``waits`` is high while that word can leave, and ``empty`` while the core may
    be cleared.
    """

    def __init__(self, dut: Delay, *, o: Observed | None = None):
        self.dut = dut
        self.o = observe(dut.o) if o is None else o
        words = dut.count * dut.planes
        most = (dut.ahead + 1) * words + READ + 1
        self.words = words
        self.inside = Signal(Shape.cast(range(-words - 1, most + 1)))
        self.at = Signal(range(max(2, words)))
        self.out = Signal(range(max(2, words)))
        self.waits = Signal()
        self.empty = Signal()
        self.comes = Signal()

    def elaborate(self, platform) -> Module:
        m = Module()
        dut, words, leaves = self.dut, self.words, self.o.transfers
        m.d.comb += self.comes.eq(dut.i.valid & dut.i.ready & ~dut.clear)
        m.d.sync += self.inside.eq(self.inside + self.comes - leaves)
        for count, moves in ((self.at, self.comes), (self.out, leaves)):
            with m.If(moves):
                m.d.sync += count.eq(Mux(count == words - 1, 0, count + 1))
        with m.If(dut.clear):
            m.d.sync += [self.inside.eq(0), self.at.eq(0), self.out.eq(0)]
        if not dut.own:
            m.d.comb += [self.waits.eq(self.inside > 0), self.empty.eq(self.inside == 0)]
            return m
        # Of own words: the steps that have left, and whether none can have begun to.
        assert dut.steps is not None
        gone, fresh = Signal(range(dut.steps + 1)), Signal(init=1)
        m.d.sync += fresh.eq(dut.clear)
        with m.If(dut.clear):
            m.d.sync += gone.eq(0)
        with m.Elif(leaves & (self.out == words - 1)):
            m.d.sync += gone.eq(gone + 1)
        m.d.comb += [
            self.waits.eq((gone != dut.steps) & (self.inside + self.out >= 0)),
            self.empty.eq((gone == dut.steps) | fresh),
        ]
        return m


class DelaySpec(Elaboratable):
    """Each spike leaves once, as many steps later as its source says, and no other does.

    Beside the core, words are counted on both sides, and one source is followed, any of them: of
    one step, any, its bit is kept until the step comes in which it leaves. Each bit that leaves is
    such a bit, or of a step before the first one. A planted fault is one of
    :func:`~faults.plant`; a core of other delays; words that seem to be taken, or not to be; or to
    be read where one is written.
    """

    def __init__(self, dut: Delay, *, each: Sequence[int] = (), fault: str = ""):
        self.dut = dut
        self.each = tuple(each) or dut.each
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        drive(m, dut.i)
        stall(m, dut.o)
        o = observe(dut.o)
        plant(m, o, self.fault)
        held(m, o, name="word")
        m.submodules.contents = contents = Contents(dut, o=o)
        m.d.comb += [dut.clear.eq(anything(1)), Assume(~dut.clear | contents.empty, CLEAR)]

        self._follow(m, contents)
        self._pace(m, contents)
        m.d.comb += Assert(
            ~(dut.writes & dut.reads & ((dut.write_at == dut.read_at) | self._is("clash"))), CLASH
        )
        return m

    def _is(self, fault: str) -> bool:
        return self.fault == fault

    def _follow(self, m: Module, contents: Contents) -> None:
        """Follow a source, and of it the spike of a step."""
        dut, o = self.dut, contents.o
        word, bit = self._any(m, contents.words), self._any(m, dut.bits)
        longest = max(self.each)
        late = Array(
            Array(self.each[at % dut.count * dut.bits + one] for one in range(dut.bits))
            for at in range(contents.words)
        )[word][bit]
        here, seen = Signal(), Signal()
        m.d.comb += [
            here.eq(contents.out == word), seen.eq(o.payload.bit_select(bit, 1)),
        ]
        gives = o.transfers & here

        # Steps of the source that left, up to the longest delay, and those inside.
        left, lead = Signal(range(longest + 1)), Signal(Shape(4, signed=True))
        takes = contents.comes & (contents.at == word)
        with m.If(gives & (left != longest)):
            m.d.sync += left.eq(left + 1)
        m.d.sync += lead.eq(lead + takes - gives)
        with m.If(o.valid & here & (left < late)):
            m.d.comb += Assert(~seen, ZERO)

        # The spike that is followed, and how many steps leave before its own.
        follows, spike = Signal(), Signal()
        before = Signal(range(longest + dut.ahead + READ + 1))
        with m.If(follows & gives):
            m.d.sync += [before.eq(before - 1), follows.eq(before != 0)]
        with m.If(~follows & takes & anything(1)):
            m.d.sync += [
                follows.eq(1), spike.eq(dut.i.payload.bit_select(bit, 1)),
                before.eq(lead + late - gives),
            ]
        arrives = o.valid & here & follows & (before == 0)
        with m.If(arrives):
            m.d.comb += Assert(seen == spike, BIT)
        with m.If(dut.clear):
            m.d.sync += [left.eq(0), lead.eq(0), follows.eq(0)]
        m.d.comb += [
            Cover(arrives & spike & (late == longest), "a spike leaves with the longest delay"),
            Cover(arrives & spike & dut.i.valid & dut.i.ready, "a word comes as a spike leaves"),
            Cover(dut.clear & spike, "a delay is cleared that has had a spike"),
        ]

    def _any(self, m: Module, count: int) -> Value:
        """Return any of some things, the same for ever."""
        if count == 1:
            return Const(0)
        chosen = Signal(range(count))
        m.d.comb += chosen.eq(AnyConst(chosen.shape()))
        return Mux(chosen < count, chosen, 0)

    def _pace(self, m: Module, contents: Contents) -> None:
        """State when words leave, and when they are taken."""
        dut, o, words, inside = self.dut, contents.o, contents.words, contents.inside
        turns = len(dut.delays)
        waited = Signal(range(turns + 3))
        m.d.sync += waited.eq(
            Mux(contents.waits & ~o.valid & ~dut.clear & (waited != turns + 2), waited + 1, 0)
        )
        # Steps that wait: those that came whole less those that left whole; or less those that are
        # read, which is up to two words more.
        ahead = (dut.ahead - dut.own) * words
        ready = (dut.i.ready & (not self._is("deaf"))) | self._is("greedy")
        m.d.comb += [
            Assert(~o.valid | contents.waits, EARLY),
            Assert(o.valid | ~contents.waits | (waited <= turns), LOST),
            Assert(ready | (inside - contents.at + contents.out >= ahead), TAKES),
            Assert(
                ~ready | (inside - contents.at <= ahead - words + o.valid + 1), BEYOND
            ),
            Cover(o.transfers & contents.comes, "a word comes while another leaves"),
        ]


#: Whose proof does not end in minutes, and one of the same kind in its place: words of a step, each
#: source with a delay of its own, and steps that come ahead.
LARGE = ("b3_n2_each",)
SMALL = {"b1_n2_each": {"bits": 1, "count": 2, "delays": (1, 0), "ahead": 2}}


def planted(fault: str) -> DelaySpec:
    """Plant a fault; of another delay, in a core that has it."""
    if fault in ("clash", "greedy"):  # where a word may be read while another one is written
        return DelaySpec(core(**SMALL["b1_n2_each"]), fault=fault)
    if fault == "swapped":
        return DelaySpec(Delay(bits=2, delays=(1, 0)), each=(0, 1), fault=fault)
    return DelaySpec(Delay(bits=1, delays=1), fault=fault)


def specs() -> dict[str, Elaboratable]:
    named: dict[str, Elaboratable] = {
        f"delay_{name}": DelaySpec(core(**preset))
        for name, preset in (PRESETS | SMALL).items() if name not in LARGE
    }
    return named | {
        "delay_fault": Planted.each(planted, {
            "content": (BIT, ZERO),
            "swapped": (BIT, ZERO),
            "unsteady": (BIT, ZERO, "word: a payload is held while it stalls"),
            # The words are miscounted from then on.
            "withdrawn": (
                BIT, ZERO, EARLY, LOST, TAKES, BEYOND,
                "word: an offer is not withdrawn while it stalls",
            ),
            "lost": (BIT, ZERO, LOST, BEYOND),
            "invented": (
                BIT, ZERO, EARLY, TAKES, "word: a payload is held while it stalls",
                "word: an offer is not withdrawn while it stalls",
            ),
            "deaf": (TAKES,),
            "greedy": (BEYOND,),
            "clash": (CLASH,),
        }),
    }
