"""What is proved of the synchronizer."""

from amaranth import Elaboratable, Module, Mux, Value
from amaranth.hdl import Assert

from correlator import OWED, STANDS, CorrelatorSpec, Lane, correlator_faults
from spikewright_hw.stochastic.correlation.synchronizer import Synchronizer

ALONE = "ones of one stream alone wait"


def spec(*, depth: int, lanes: int, fault: str = "") -> CorrelatorSpec:
    def due(m: Module, lane: Lane) -> tuple[Value, Value]:
        """Ones of both streams at hand leave together; what has no room leaves alone."""
        a, b = lane.inside_a + lane.a, lane.inside_b + lane.b
        both = (a > 0) & (b > 0)
        m.d.comb += Assert(
            (lane.inside_a == 0) | (lane.inside_b == 0), ALONE
        )
        return both | (a > depth), both | (b > depth)

    return CorrelatorSpec(
        Synchronizer(depth=depth, lanes=lanes),
        due=due,
        holds=lambda lead: (Mux(lead > 0, lead, 0), Mux(lead < 0, -lead, 0)),
        capacity=(depth, depth),
        fault=fault,
    )


def specs() -> dict[str, Elaboratable]:
    return {
        "synchronizer_d1": spec(depth=1, lanes=1),
        "synchronizer_d3": spec(depth=3, lanes=4),
        "synchronizer_fault": correlator_faults(
            lambda fault: spec(depth=1, lanes=1, fault=fault),
            more={
                "state": (STANDS.format("a"), STANDS.format("b")),
                **dict.fromkeys(("more_a", "fewer_a", "more_b", "fewer_b"), (ALONE, OWED)),
            },
        ),
    }
