"""What is proved of the desynchronizer."""

from amaranth import Elaboratable, Module, Mux, Value

from correlator import OWED, STANDS, CorrelatorSpec, Lane, correlator_faults
from spikewright_hw.stochastic.correlation.desynchronizer import Desynchronizer


def spec(*, depth: int, lanes: int, fault: str = "") -> CorrelatorSpec:
    def due(m: Module, lane: Lane) -> tuple[Value, Value]:
        """Beside a one, a one leaves only without room for it; beside a zero, if there is one."""
        at_hand = lane.inside_b + lane.b
        return lane.a, Mux(lane.a, at_hand > depth, at_hand > 0)

    return CorrelatorSpec(
        Desynchronizer(depth=depth, lanes=lanes),
        due=due,
        holds=lambda waiting: (0, waiting),
        capacity=(0, depth),
        fault=fault,
    )


def specs() -> dict[str, Elaboratable]:
    return {
        "desynchronizer_d1": spec(depth=1, lanes=1),
        "desynchronizer_d3": spec(depth=3, lanes=4),
        "desynchronizer_fault": correlator_faults(
            lambda fault: spec(depth=1, lanes=1, fault=fault),
            more={
                "state": (STANDS.format("b"),),
                **dict.fromkeys(("more_b", "fewer_b"), (OWED,)),
            },
        ),
    }
