"""What is proved of the isolator."""

from amaranth import Cat, Elaboratable, Module, Signal, Value
from amaranth.hdl import Assert

from correlator import STANDS, CorrelatorSpec, Lane, correlator_faults
from spikewright_hw.stochastic.correlation.isolator import Isolator

LINE = "the line holds the last bits of b"


def spec(*, delay: int, lanes: int, fault: str = "") -> CorrelatorSpec:
    def due(m: Module, lane: Lane) -> tuple[Value, Value]:
        """The bit that came so many pairs before leaves, and zeros before the first."""
        past = [Signal(name=f"past_{at}") for at in range(1, delay + 1)]
        for to, of in zip(past, [lane.b, *past[:-1]], strict=True):
            with m.If(lane.clear):
                m.d.sync += to.eq(0)
            with m.Elif(lane.taken):
                m.d.sync += to.eq(of)
        m.d.comb += Assert(lane.state == Cat(past), LINE)
        return lane.a, past[-1]

    return CorrelatorSpec(
        Isolator(delay=delay, lanes=lanes),
        due=due,
        holds=lambda line: (0, sum(line)),
        capacity=(0, delay),
        fault=fault,
    )


def specs() -> dict[str, Elaboratable]:
    return {
        "isolator_d1": spec(delay=1, lanes=1),
        "isolator_d3": spec(delay=3, lanes=4),
        "isolator_fault": correlator_faults(
            lambda fault: spec(delay=1, lanes=1, fault=fault),
            more={"state": (STANDS.format("b"), LINE)},
        ),
    }
