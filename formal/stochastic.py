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
    values_of,
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
    right: Network | None = None,
) -> InferenceSpec:
    """Return what is proved of a network's engine, and with the ``right`` one of its results."""
    streams = Short(length=length, encoding=encoding)
    return InferenceSpec(
        StochasticEngine(network=network, streams=streams, lanes=lanes, share=share),
        longest=worst_cycles(network, streams, lanes=lanes, share=share),
        values=None if right is None else values_of(right, streams=streams),
    )


def specs() -> dict[str, Elaboratable]:
    once = tiny_network(steps=1)
    recurrent = StochasticEngine(
        network=smallest_network(steps=2, recurrent=True), streams=Short(length=2), lanes=1, share=1
    )
    smallest = smallest_network()
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
        "stochastic_results": engine(once, lanes=2, share=1, right=once),
        "stochastic_twice": TwiceSpec(
            StochasticEngine(network=once, streams=Short(length=2), lanes=2, share=1)
        ),
        "stochastic_fault": Through(
            engine(smallest, lanes=1, length=2, share=1, right=smallest), DETECTORS
        ),
        "stochastic_contract": ContractSpec(recurrent),
        "stochastic_fault_contract": Through(
            ContractSpec(recurrent),
            {**contract.DETECTORS, "cleared": (CLEAR, feedback.CLEAR)},
        ),
    }
