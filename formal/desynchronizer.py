"""What is proved of the desynchronizer."""

from amaranth import Elaboratable, Module, Mux, Value

from correlator import CorrelatorSpec, Lane
from faults import Planted
from spikewright_hw.stochastic.correlation.desynchronizer import Desynchronizer


def spec(*, depth: int, lanes: int, fault: bool = False) -> CorrelatorSpec:
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
        "desynchronizer_fault": Planted({
            "hidden": (
                spec(depth=1, lanes=1, fault=True),
                (
                    "ones of b in, less those out, are those that the state stands for",
                    "pair: each payload is the one owed",
                ),
            ),
        }),
    }
