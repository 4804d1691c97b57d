"""What is proved of the event engine."""

from dataclasses import replace

from amaranth import Elaboratable

import contract
import delay
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
from spikewright_hw.connection import Dense, FeatureMap, Joined
from spikewright_hw.engine.event import EventEngine, worst_cycles
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Network
from spikewright_hw.origin import Origin


def engine(
    network: Network, *, share: int, banks: int = 1, fold: int | None = None,
    right: Network | None = None, longest: int | None = None,
) -> InferenceSpec:
    """Return what is proved of a network's engine, and with the ``right`` one of its results.

    The result comes within the cycles promised, or within ``longest``.
    """
    return InferenceSpec(
        EventEngine(network=network, share=share, banks=banks, most_bits=1, fold=fold),
        longest=longest or worst_cycles(
            network, share=share, banks=banks, most_bits=1, fold=fold
        ),
        values=None if right is None else values_of(right),
    )


def skip_network() -> Network:
    """Make a network of one input, a hidden neuron, and two outputs that hear both."""
    form, one = Format(2, 1), FeatureMap(channels=1)
    hidden = Layer(((2,),), 3, "lif", {"decay": 0.5, "threshold": 0.5}, form)
    last = Layer(
        ((1, -1), (1, 2)), 3, "li", {"decay": 0.5}, form,
        connection=Joined(parts=(Dense(source=one, neurons=2),) * 2),
        origins=(Origin(), Origin(back=2)),
    )
    return Network(layers=(hidden, last), steps=1)


def joined_network(*, steps: int) -> Network:
    """Make a network of one input, a hidden neuron that hears itself, and two outputs.

    These hear the hidden neuron and, a step later, the input.
    """
    form, one = Format(2, 1), FeatureMap(channels=1)
    hidden = Layer(
        ((2,), (-1,)), 3, "lif", {"decay": 0.5, "threshold": 0.5}, form,
        connection=Joined(parts=(Dense(source=one, neurons=1),) * 2),
        origins=(Origin(), Origin(back=0, delays=1)),
    )
    last = Layer(
        ((1, -1), (1, 2)), 3, "li", {"decay": 0.5}, form,
        connection=Joined(parts=(Dense(source=one, neurons=2),) * 2),
        origins=(Origin(), Origin(back=2, delays=1)),
    )
    return Network(layers=(hidden, last), steps=steps)


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
    joined = joined_network(steps=2)
    counted = tiny_network(steps=1, readout="count")
    return {
        "event_t1": engine(once, share=2, right=once),
        "event_banks": engine(once, share=2, banks=2, right=once),
        "event_t2_banks": engine(tiny_network(steps=2, recurrent=True), share=1, banks=2),
        "event_folded": engine(once, share=1, fold=1, right=once),
        "event_count": engine(counted, share=2, right=counted),
        "event_graded": engine(graded, share=2, right=graded),
        "event_t2_graded": engine(graded_recurrent.network, share=1),
        "event_map": engine(mapped, share=1, right=mapped),
        "event_t2": engine(tiny_network(steps=2), share=1),
        "event_recurrent": engine(tiny_network(steps=2, recurrent=True), share=1),
        "event_skip": engine(skip_network(), share=1),
        # Far within what is promised, so that whole inferences end before the depth of the search.
        "event_joined": engine(joined, share=1, longest=32),
        "event_twice": TwiceSpec(EventEngine(network=once, share=1)),
        "event_fault": Through(
            engine(smallest, share=1, right=smallest), DETECTORS
        ),
        "event_contract": ContractSpec(recurrent),
        "event_contract_graded": ContractSpec(graded_recurrent),
        "event_contract_map": ContractSpec(two_maps),
        "event_contract_joined": ContractSpec(EventEngine(network=joined, share=1)),
        "event_fault_contract_map": Through(ContractSpec(two_maps), contract.MAP_DETECTORS),
        "event_fault_contract_joined": Through(
            ContractSpec(EventEngine(network=joined, share=1)),
            {"cleared": (delay.CLEAR, CLEAR)},
        ),
        "event_fault_contract": Through(
            ContractSpec(recurrent),
            {**contract.DETECTORS, "cleared": (CLEAR, feedback.CLEAR)},
        ),
    }
