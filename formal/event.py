"""What is proved of the event engine."""

from dataclasses import replace

from amaranth import Elaboratable

import contract
import feedback
from contract import ContractSpec
from faults import Through
from inference import (
    DETECTORS,
    InferenceSpec,
    TwiceSpec,
    map_network,
    smallest_network,
    tiny_network,
    values_of,
)
from row_layer import CLEAR
from spikewright_hw.engine.event import EventEngine, worst_cycles
from spikewright_hw.network import Network


def engine(network: Network, *, share: int, right: Network | None = None) -> InferenceSpec:
    """Return what is proved of a network's engine, and with the ``right`` one of its results."""
    return InferenceSpec(
        EventEngine(network=network, share=share, most_bits=1),
        longest=worst_cycles(network, share=share),
        values=None if right is None else values_of(right),
    )


def specs() -> dict[str, Elaboratable]:
    once, smallest = tiny_network(steps=1), smallest_network()
    recurrent = EventEngine(
        network=smallest_network(steps=2, recurrent=True), share=1
    )
    graded_recurrent = EventEngine(
        network=smallest_network(steps=2, recurrent=True, input_bits=2), share=1
    )
    graded = replace(once, layers=(replace(once.layers[0], input_bits=2), once.layers[1]))
    mapped = map_network(steps=1)
    two_maps = EventEngine(network=map_network(steps=2), share=1, most_bits=1)
    counted = tiny_network(steps=1, readout="count")
    return {
        "event_t1": engine(once, share=2, right=once),
        "event_count": engine(counted, share=2, right=counted),
        "event_graded": engine(graded, share=2, right=graded),
        "event_t2_graded": engine(graded_recurrent.network, share=1),
        "event_map": engine(mapped, share=1, right=mapped),
        "event_t2": engine(tiny_network(steps=2), share=1),
        "event_recurrent": engine(tiny_network(steps=2, recurrent=True), share=1),
        "event_twice": TwiceSpec(EventEngine(network=once, share=1)),
        "event_fault": Through(
            engine(smallest, share=1, right=smallest), DETECTORS
        ),
        "event_contract": ContractSpec(recurrent),
        "event_contract_graded": ContractSpec(graded_recurrent),
        "event_contract_map": ContractSpec(two_maps),
        "event_fault_contract_map": Through(ContractSpec(two_maps), contract.MAP_DETECTORS),
        "event_fault_contract": Through(
            ContractSpec(recurrent),
            {**contract.DETECTORS, "cleared": (CLEAR, feedback.CLEAR)},
        ),
    }
