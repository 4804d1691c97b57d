"""What is proved of the shared source."""

from amaranth import Cat, Const, Elaboratable, Module, Signal, Value
from amaranth.hdl import Assert, Cover

from faults import Planted
from properties import anything
from spikewright_hw.stochastic.source.shared_source import SharedSource

APART = "a lane tells any two numbers apart"
FIRST = "lane 0 is the number itself"
DUE = "a lane is as its way of sharing says"


class SharedSourceSpec(Elaboratable):
    """Each lane is what its way of sharing says, and a permutation of the numbers.

    For the latter two copies see different numbers, and what they give differs in every lane. There
    are as many numbers in as out. A planted fault is a lane 3 that has lost its highest bit, or a
    wrong number in lane 0.
    """

    def __init__(self, *, fault: str = "", **parameters):
        self.parameters = parameters
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.one = one = SharedSource(**self.parameters)
        m.submodules.other = other = SharedSource(**self.parameters)
        width, lanes = one.width, one.lanes
        m.d.comb += [one.state.eq(anything(width)), other.state.eq(anything(width))]

        for lane in range(lanes):
            mine, others = (self.seen(copy, lane) for copy in (one, other))
            with m.If(one.state != other.state):
                m.d.comb += Assert(mine != others, APART)
            due = mine == self.owed(one, lane)
            m.d.comb += Assert(due, DUE if lane else FIRST)
        apart = Signal(lanes - 1)
        m.d.comb += [
            apart.eq(Cat(one.states[lane] != one.state for lane in range(1, lanes))),
            Cover(apart.all(), "all other lanes differ from the number"),
        ]
        return m

    def seen(self, dut: SharedSource, lane: int) -> Value:
        """Return a lane's number, or what a fault makes of it."""
        if lane == 3 and self.fault == "narrow":
            return dut.states[lane][:-1]
        return dut.states[lane] ^ ((self.fault == "first") & (lane == 0) & (dut.state == 2))

    def owed(self, dut: SharedSource, lane: int) -> Value:
        """Return a lane's number, by the operations of the HDL on whole numbers."""
        how, stride = self.parameters["how"], self.parameters.get("stride", 1)
        if how == "rotate":
            return dut.state.rotate_left(lane * stride)
        if how == "shift":
            return dut.state ^ Const(lane * stride, dut.width)[::-1]
        return dut.states[lane - 1][::-1] if lane % 2 else dut.state.rotate_left(lane // 2 * stride)


def specs() -> dict[str, Elaboratable]:
    return {
        "shared_source_rotate": SharedSourceSpec(width=8, lanes=3, how="rotate", stride=3),
        "shared_source_reverse": SharedSourceSpec(width=8, lanes=5, how="reverse", stride=2),
        "shared_source_shift": SharedSourceSpec(width=16, lanes=7, how="shift"),
        "shared_source_fault": Planted.each(
            lambda fault: SharedSourceSpec(width=8, lanes=4, how="rotate", fault=fault),
            {
                "narrow": (APART, DUE),
                "first": (APART, FIRST),
            },
        ),
    }
