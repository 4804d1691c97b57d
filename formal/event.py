"""What is proved of the event engine."""

from amaranth import Elaboratable

from faults import Planted
from inference import InferenceSpec, TwiceSpec, tiny_network
from spikewright_hw.engine.event import EventEngine, worst_cycles
from spikewright_hw.network import Network


def engine(network: Network, *, share: int, fault: bool = False) -> InferenceSpec:
    """Say what is proved of the engine of a network."""
    return InferenceSpec(
        EventEngine(network=network, share=share),
        longest=worst_cycles(network, share=share),
        fault=fault,
    )


def specs() -> dict[str, Elaboratable]:
    once = tiny_network(steps=1)
    return {
        "event_t1": engine(once, share=2),
        "event_t2": engine(tiny_network(steps=2), share=1),
        "event_recurrent": engine(tiny_network(steps=2, recurrent=True), share=1),
        "event_twice": TwiceSpec(EventEngine(network=once, share=1)),
        "event_fault": Planted({"late": (
                engine(once, share=1, fault=True),
                ("the result comes within the cycles promised",),
            )}),
    }
