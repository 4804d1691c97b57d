"""What is proved of the synchronizer."""

from amaranth import Elaboratable, Module, Mux, Value
from amaranth.hdl import Assert

from correlator import CorrelatorSpec, Lane
from faults import Planted
from spikewright_hw.stochastic.correlation.synchronizer import Synchronizer


def spec(*, depth: int, lanes: int, fault: bool = False) -> CorrelatorSpec:
    def due(m: Module, lane: Lane) -> tuple[Value, Value]:
        """Ones of both streams at hand leave together; what has no room leaves alone."""
        a, b = lane.inside_a + lane.a, lane.inside_b + lane.b
        both = (a > 0) & (b > 0)
        m.d.comb += Assert(
            (lane.inside_a == 0) | (lane.inside_b == 0), "ones of one stream alone wait"
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
        "synchronizer_fault": Planted({
            "hidden": (
                spec(depth=1, lanes=1, fault=True),
                (
                    "ones of b in, less those out, are those that the state stands for",
                    "pair: each payload is the one owed",
                ),
            ),
        }),
    }
