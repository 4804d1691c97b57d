"""What is proved of the fork."""

from amaranth import Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.hdl import Assert, Cover

from faults import Planted, plant
from properties import Observed, drive, held, observe, stall
from spikewright_hw.engine.fork import PRESETS, Fork, core

WORD = "a taker is offered the word that is there"
TWICE = "no taker is offered a word that it has, or none"
ALL = "each taker that lacks the word is offered it at once"
TAKEN = "a word is taken exactly when the last taker has it"


class ForkSpec(Elaboratable):
    """Each taker gets each word once, in order, and a word goes when the last of them has it.

    Beside the core stands which takers have got the word that is there; with it, what a taker gets
    between two words that go is one word, and this one. A planted fault is seen of the last taker:
    one of :func:`~faults.plant`, or a word that seems to be taken ``early`` or ``late``.
    """

    def __init__(self, dut: Fork, *, fault: str = ""):
        self.dut = dut
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        i = drive(m, dut.i)
        takers = [observe(port) for port in dut.outputs]
        for port in dut.outputs:
            stall(m, port)
        plant(m, takers[-1], self.fault)
        if self.fault == "early":
            i.ready = i.ready | takers[-1].ready
        elif self.fault == "late":
            i.ready = i.ready & ~takers[-1].ready

        got = Signal(len(takers))
        now = Cat(taker.transfers for taker in takers)
        goes = (got | now).all()
        with m.If(i.valid):
            m.d.sync += got.eq(Mux(goes, 0, got | now))
            m.d.comb += Assert(i.ready == goes, TAKEN)
        for at, taker in enumerate(takers):
            self._state(m, i, taker, has=got[at])
        m.d.comb += [
            Cover(goes & i.valid & (got == 0), "all take a word in one cycle"),
            Cover(goes & i.valid & ~got[0], "the first taker is the last to take a word"),
        ]
        if len(takers) > 1:
            m.d.comb += Cover(goes & i.valid & got[0], "the first taker has waited for another")
        return m

    def _state(self, m: Module, i: Observed, taker: Observed, *, has: Value) -> None:
        """State what a taker is offered."""
        held(m, taker, name="word")
        with m.If(taker.valid):
            m.d.comb += [
                Assert(taker.payload == i.payload, WORD),
                Assert(i.valid & ~has, TWICE),
            ]
        m.d.comb += Assert(taker.valid | ~i.valid | has, ALL)


def specs() -> dict[str, Elaboratable]:
    return {
        **{f"fork_{name}": ForkSpec(core(**preset)) for name, preset in PRESETS.items()},
        "fork_fault": Planted.each(
            lambda fault: ForkSpec(Fork(bits=2, takers=2), fault=fault),
            {
                "content": (WORD,),
                "unsteady": (WORD, "word: a payload is held while it stalls"),
                "withdrawn": (TWICE, ALL, TAKEN, "word: an offer is not withdrawn while it stalls"),
                "lost": (TWICE, ALL, TAKEN),
                "invented": (
                    TWICE, "word: an offer is not withdrawn while it stalls",
                    "word: a payload is held while it stalls",
                ),
                "early": (TAKEN,),
                "late": (TAKEN,),
            },
        ),
    }
