"""What is proved of the stochastic engine."""

from amaranth import Elaboratable

from faults import Planted
from inference import InferenceSpec, TwiceSpec, tiny_network
from spikewright_hw.engine.stochastic import StochasticEngine, worst_cycles
from spikewright_hw.engine.streams import Encoding
from spikewright_hw.network import Network
from stream_layer import Short


def engine(
    network: Network,
    *,
    lanes: int,
    length: int = 4,
    encoding: Encoding = "sign_magnitude",
    share: int = 2,
    fault: bool = False,
) -> InferenceSpec:
    """Say what is proved of the engine of a network."""
    streams = Short(length=length, encoding=encoding)
    return InferenceSpec(
        StochasticEngine(network=network, streams=streams, lanes=lanes, share=share),
        longest=worst_cycles(network, streams, lanes=lanes, share=share),
        fault=fault,
    )


def specs() -> dict[str, Elaboratable]:
    once = tiny_network(steps=1)
    return {
        "stochastic_t1": engine(once, lanes=2),
        "stochastic_blocks": engine(once, lanes=1),
        "stochastic_witness": engine(once, lanes=1, length=2, share=1),
        "stochastic_bipolar": engine(
            once, lanes=2, length=2, encoding="bipolar", share=1
        ),
        "stochastic_t2": engine(tiny_network(steps=2), lanes=2, length=2, share=1),
        "stochastic_recurrent": engine(
            tiny_network(steps=2, recurrent=True), lanes=2, length=2, share=1
        ),
        "stochastic_twice": TwiceSpec(
            StochasticEngine(network=once, streams=Short(length=2), lanes=2, share=1)
        ),
        "stochastic_fault": Planted({
            "late": (
                engine(once, lanes=2, length=2, share=1, fault=True),
                ("the result comes within the cycles promised",),
            ),
        }),
    }
