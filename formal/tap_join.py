"""What is proved of the joining of taps."""

from collections.abc import Sequence
from functools import reduce
from itertools import pairwise
from operator import or_

from amaranth import Array, Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.hdl import Assert, Cover

from faults import Planted, plant
from properties import Observed, drive, held, stall
from spikewright_hw.engine.tap_join import PRESETS, TapJoin, core

TURN = "a part is heard in its turn alone"
TAKES = "a tap of the part whose turn it is is taken unless the one before it stalls"
ROW = "the row is that of the part, after those of the parts before"
WORD = "the word is that of the tap"
TAP = "a transfer is a tap exactly if the part's is"
LAST = "last is where the step, or the bit plane, of the last part ends, and only there"
INVENTED = "no tap is repeated or invented"
LOST = "no tap is lost or kept back"


class TapJoinSpec(Elaboratable):
    """The taps of the parts leave in turn, each once, in order, a cycle after they came.

    A part has its turn until its step ends, or a bit plane of it; what ends that of another part
    than the last and is no tap does not leave. Spikes have their turn in the last plane alone.
    Beside the core runs whose turn it is, and what is owed. Nothing is assumed of the taps. A
    planted fault is a wrong field of a tap; one of :func:`~faults.plant`; a part that seems not to
    be heard, or out of its turn.
    """

    def __init__(self, dut: TapJoin, *, fault: str = ""):
        self.dut = dut
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        given = [drive(m, port) for port in dut.inputs]
        stall(m, dut.o)
        row, word, tap, last = (
            dut.o.payload[name] ^ (self.fault == name) for name in ("row", "word", "tap", "last")
        )
        o = Observed(payload=Cat(row, word, tap, last), valid=dut.o.valid, ready=dut.o.ready)
        plant(m, o, self.fault)
        held(m, o, name="tap")

        # Model: whose turn it is, of all in a step one after the other, and the tap that is owed.
        planes = max(dut.bits)
        order = [
            (plane, at) for plane in range(planes) for at, bits in enumerate(dut.bits)
            if bits == planes or plane == planes - 1
        ]
        closing = [plane != then for (plane, _), (then, _) in pairwise([*order, (planes, 0)])]
        place = Signal(range(len(order)))
        turn = Array(at for _, at in order)[place]
        owes, owed = Signal(), Signal.like(dut.o.payload.as_value())
        comes, leaves, ends = Signal(), Signal(), Signal()
        due = Signal.like(owed)
        here = [turn == at for at in range(len(given))]
        final = Array(map(int, closing))[place]
        taps = self._taps(m, final)
        m.d.comb += [
            comes.eq(Cat(one.transfers for one in given).any()),
            ends.eq(comes & _chosen(here, [port.payload.last for port in dut.inputs])),
            leaves.eq(comes & (final | _chosen(here, [port.payload.tap for port in dut.inputs]))),
            due.eq(_chosen(here, taps)),
        ]
        m.d.sync += owes.eq(leaves | (owes & ~o.transfers))
        with m.If(leaves):
            m.d.sync += owed.eq(due)
        with m.If(ends):
            m.d.sync += place.eq(Mux(place == len(order) - 1, 0, place + 1))

        # Properties.
        seen = Signal.like(dut.o.payload)
        m.d.comb += [
            seen.as_value().eq(owed),
            Assert(o.valid | ~owes, LOST),
            Assert(owes | ~o.valid, INVENTED),
        ]
        for one, turns in zip(given, here, strict=True):
            heard = (one.ready & (self.fault != "deaf")) | (self.fault == "greedy")
            m.d.comb += [
                Assert(turns | ~heard, TURN),
                Assert(heard | ~turns | (dut.o.valid & ~dut.o.ready), TAKES),
            ]
        with m.If(o.valid):
            m.d.comb += [
                Assert(_part(o, dut, "row") == seen.row, ROW),
                Assert(_part(o, dut, "word") == seen.word, WORD),
                Assert(_part(o, dut, "tap") == seen.tap, TAP),
                Assert(_part(o, dut, "last") == seen.last, LAST),
            ]
        self._cover(m, o, comes=comes, leaves=leaves, turn=turn)
        return m

    def _taps(self, m: Module, final: Value) -> list[Value]:
        """Return the tap that each part's port has, as it must leave."""
        first, taps = 0, []
        for number, port in enumerate(self.dut.inputs):
            row = Signal(len(self.dut.o.payload.row), name=f"row_{number}")
            m.d.comb += row.eq(Mux(port.payload.tap, port.payload.row + first, 0))
            first += self.dut.connection.branches[number].rows
            taps.append(Cat(row, port.payload.word, port.payload.tap, port.payload.last & final))
        return taps

    def _cover(self, m: Module, o: Observed, *, comes: Value, leaves: Value, turn: Value) -> None:
        """Add the witnesses."""
        resumed, from_part = Signal(), Signal(range(len(self.dut.inputs)))
        m.d.sync += [resumed.eq(o.transfers & leaves), from_part.eq(turn)]
        tap, last = (_part(o, self.dut, name) for name in ("tap", "last"))
        m.d.comb += [
            Cover(comes & ~leaves, "a part ends without a tap"),
            Cover(o.transfers & last & ~tap, "a step ends without a tap"),
            Cover(
                resumed & o.transfers & tap & (turn != from_part),
                "the tap of a part follows that of another without a gap",
            ),
        ]


def _chosen(here: Sequence[Value], values: Sequence[Value]) -> Value:
    """Return the value of the part whose turn it is."""
    return reduce(or_, (Mux(turns, one, 0) for turns, one in zip(here, values, strict=True)))


def _part(o: Observed, dut: TapJoin, name: str) -> Value:
    """Return a field of the tap that is offered."""
    field = dut.o.payload.shape()[name]
    return o.payload[field.offset : field.offset + field.width]


def specs() -> dict[str, Elaboratable]:
    return {
        **{f"tap_join_{name}": TapJoinSpec(core(**preset)) for name, preset in PRESETS.items()},
        "tap_join_fault": Planted.each(
            lambda fault: TapJoinSpec(core(**PRESETS["graded"]), fault=fault),
            {
                "row": (ROW,),
                "word": (WORD,),
                "tap": (TAP,),
                "last": (LAST,),
                "unsteady": (ROW, "tap: a payload is held while it stalls"),
                "withdrawn": (LOST, "tap: an offer is not withdrawn while it stalls"),
                "lost": (LOST,),
                "invented": (
                    ROW, WORD, TAP, LAST, INVENTED, "tap: a payload is held while it stalls",
                    "tap: an offer is not withdrawn while it stalls",
                ),
                "deaf": (TAKES,),
                "greedy": (TURN,),
            },
        ),
    }
