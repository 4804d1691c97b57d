"""What is proved of the shared source."""

from amaranth import Cat, Const, Elaboratable, Module, Signal, Value
from amaranth.hdl import Assert, Cover

from faults import Planted
from properties import anything
from spikewright_hw.stochastic.source.shared_source import SharedSource


class SharedSourceSpec(Elaboratable):
    """Each lane is what its way of sharing says, and a permutation of the numbers.

    For the latter two copies see different numbers, and what they give differs in every lane. There
    are as many numbers in as out. The planted fault lets the highest bit of the last lane be seen
    as zero.
    """

    def __init__(self, *, fault: bool = False, **parameters):
        self.parameters = parameters
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.one = one = SharedSource(**self.parameters)
        m.submodules.other = other = SharedSource(**self.parameters)
        width, lanes = one.width, one.lanes
        m.d.comb += [one.state.eq(anything(width)), other.state.eq(anything(width))]
        keep = (1 << width - 1) - 1 if self.fault else (1 << width) - 1

        for lane in range(lanes):
            mask = keep if lane == lanes - 1 else (1 << width) - 1
            mine, others = one.states[lane] & mask, other.states[lane] & mask
            with m.If(one.state != other.state):
                m.d.comb += Assert(mine != others, f"lane {lane} tells any two numbers apart")
            m.d.comb += Assert(mine == self.owed(one, lane) & mask, f"lane {lane} is as it should")
        m.d.comb += Assert(one.states[0] == one.state, "lane 0 is the number itself")
        apart = Signal(lanes - 1)
        m.d.comb += [
            apart.eq(Cat(one.states[lane] != one.state for lane in range(1, lanes))),
            Cover(apart.all(), "all other lanes differ from the number"),
        ]
        return m

    def owed(self, dut: SharedSource, lane: int) -> Value:
        """Give a lane's number, by the operations of the HDL on whole numbers."""
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
        "shared_source_fault": Planted({
            "lane": (
                SharedSourceSpec(width=8, lanes=4, how="rotate", fault=True),
                (
                    "lane 3 tells any two numbers apart",
                ),
            ),
        }),
    }
