"""What is proved of the stochastic engine."""

from amaranth import Elaboratable

import contract
import feedback
from contract import ContractSpec
from faults import Through
from inference import (
    DETECTORS,
    InferenceSpec,
    TwiceSpec,
    smallest_network,
    tiny_network,
)
from spikewright_hw.engine.stochastic import StochasticEngine, worst_cycles
from spikewright_hw.engine.streams import Encoding
from spikewright_hw.network import Network
from stream_passes import CLEAR, Short


def engine(
    network: Network,
    *,
    lanes: int,
    length: int = 4,
    encoding: Encoding = "sign_magnitude",
    share: int = 2,
) -> InferenceSpec:
    """Say what is proved of the engine of a network."""
    streams = Short(length=length, encoding=encoding)
    return InferenceSpec(
        StochasticEngine(network=network, streams=streams, lanes=lanes, share=share),
        longest=worst_cycles(network, streams, lanes=lanes, share=share),
    )


def specs() -> dict[str, Elaboratable]:
    once = tiny_network(steps=1)
    recurrent = StochasticEngine(
        network=smallest_network(steps=2, recurrent=True), streams=Short(length=2), lanes=1, share=1
    )
    seen = {fault: found for fault, found in DETECTORS.items() if not fault.startswith("said")}
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
        "stochastic_fault": Through(
            engine(smallest_network(), lanes=1, length=2, share=1), seen
        ),
        "stochastic_contract": ContractSpec(recurrent),
        "stochastic_fault_contract": Through(
            ContractSpec(recurrent),
            {**contract.DETECTORS, "cleared": (CLEAR, feedback.CLEAR)},
        ),
    }
