"""What is proved of the decorrelator."""

from amaranth import Array, Cat, Elaboratable, Module, Signal, Value
from amaranth.hdl import Assert

from correlator import STANDS, CorrelatorSpec, Lane, correlator_faults
from properties import anything
from spikewright_hw.stochastic.correlation.decorrelator import Decorrelator

BUFFER = "the buffer holds what was put last at each address"


class DecorrelatorSpec(CorrelatorSpec):
    """The bit that leaves is the last that was put at the address, whatever the addresses."""

    def __init__(self, *, depth: int, lanes: int, fault: str = ""):
        self.address = Signal(range(depth))
        super().__init__(
            Decorrelator(depth=depth, lanes=lanes),
            due=self._due,
            holds=lambda buffer: (0, sum(buffer)),
            capacity=(0, depth),
            fault=fault,
        )

    def elaborate(self, platform) -> Module:
        m = super().elaborate(platform)
        m.d.comb += [
            self.address.eq(anything(self.address.shape())),
            self.dut.address.eq(self.address),  # pyright: ignore
        ]
        return m

    def _due(self, m: Module, lane: Lane) -> tuple[Value, Value]:
        places = Array(Signal(name=f"place_{at}") for at in range(1 << len(self.address)))
        with m.If(lane.clear):
            m.d.sync += [place.eq(0) for place in places]
        with m.Elif(lane.taken):
            m.d.sync += places[self.address].eq(lane.b)
        held = Cat(places[at] for at in range(len(places)))
        m.d.comb += Assert(lane.state == held, BUFFER)
        return lane.a, places[self.address]


def specs() -> dict[str, Elaboratable]:
    return {
        "decorrelator_d4": DecorrelatorSpec(depth=4, lanes=1),
        "decorrelator_d8": DecorrelatorSpec(depth=8, lanes=4),
        "decorrelator_fault": correlator_faults(
            lambda fault: DecorrelatorSpec(depth=4, lanes=1, fault=fault),
            more={"state": (STANDS.format("b"), BUFFER)},
        ),
    }
