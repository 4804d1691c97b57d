"""Cycles worked out from spikes, checked against the engines in Amaranth's simulator."""

import random

import numpy as np
import pytest

from spikewright.engine_cycles.inference import cycles
from spikewright.network import reference
from spikewright.stochastic_models import engine
from spikewright_hw.engine.design import EventDesign, StochasticDesign
from spikewright_hw.engine.example import example_network
from spikewright_hw.engine.streams import Streams
from spikewright_hw.fixed import Format

from ...hw.engines import classify

DESIGNS = (
    StochasticDesign(streams=Streams(length=16), lanes=2),
    StochasticDesign(streams=Streams(length=16, encoding="bipolar"), lanes=4, share=2),
    StochasticDesign(streams=Streams(length=16, encoding="unipolar"), lanes=1, share=1),
    EventDesign(),
    EventDesign(share=2),
    EventDesign(share=1, banks=3),
)
LONGER = StochasticDesign(streams=Streams(length=32, encoding="bipolar"), lanes=4, share=2)


@pytest.mark.parametrize(
    "design", [*DESIGNS, pytest.param(LONGER, marks=pytest.mark.slow)], ids=str
)
@pytest.mark.parametrize(
    ("sizes", "steps"), [((12, 9, 5), 4), ((9, 4, 12, 3), 3), ((2, 20, 3), 3)], ids=str
)
def test_cycles_are_those_of_the_engine(design, sizes, steps):
    seed = random.randrange(2**32)
    print("seed", seed)
    rng = random.Random(seed)
    network = example_network(sizes=sizes, steps=steps, weight_bits=4, membrane=Format(6, 2))
    # Bipolar streams have ones for a zero, too, and are added up whatever spikes.
    bipolar = design.streams is not None and design.streams.encoding == "bipolar"
    densities = (0.1, 1) if bipolar else (0, 0.1, 0.5, 1)
    spikes = np.array([
        [[rng.random() < density for _ in range(sizes[0])] for _ in range(steps)]
        for density in densities
    ])
    bitmaps = [
        [sum(int(bit) << at for at, bit in enumerate(step)) for step in sample] for sample in spikes
    ]
    run = (
        reference.run(network, spikes) if design.streams is None
        else engine.run(network, spikes, streams=design.streams)
    )
    given = cycles(network, spikes, run, design=design)
    counted = np.array([
        result.cycles for result, _, _ in classify(design.engine(network), bitmaps, longest=10**5)
    ])
    if isinstance(design, StochasticDesign):
        assert np.array_equal(given, counted)
    else:
        assert ((given <= counted) & (counted <= given + steps)).all()
    assert (counted <= design.worst_cycles(network)).all()


@pytest.mark.parametrize(
    ("sizes", "steps", "fold", "share"),
    [
        ((6, 12, 5), 2, 2, 1),  # the second layer holds the first one up
        ((16, 8, 6, 10), 4, (6, 64, 6), 1),  # words, all at once, and words again
        ((9, 20, 4, 3), 2, 4, 4),
        ((16, 8, 3), 4, (64, 2), 1),  # the first layer stores its inputs
    ],
)
def test_cycles_of_a_folded_engine_are_exact(sizes, steps, fold, share):
    check_folded(example_network(sizes=sizes, steps=steps, weight_bits=4, membrane=Format(6, 2)),
                 EventDesign(fold=fold, share=share), random.Random(1))


def test_cycles_of_drawn_folded_engines_are_exact():
    seed = random.randrange(2**32)
    print("seed", seed)
    rng = random.Random(seed)
    for _ in range(3):
        hidden = [rng.choice((6, 8, 12)) for _ in range(rng.choice((1, 2)))]
        network = example_network(
            sizes=(rng.choice((6, 9, 16)), *hidden, 5), steps=rng.choice((1, 2, 3)),
            weight_bits=4, membrane=Format(6, 2),
        )
        fold = (rng.choice((2, 3, 4)), *(rng.choice((2, 4, 64)) for _ in network.layers[1:]))
        check_folded(network, EventDesign(fold=fold, share=rng.choice((1, 2, 4))), rng)


def check_folded(network, design, rng):
    assert design.built(network) != network
    densities = (0, 0.1, 0.4, 1)
    spikes = np.array([
        [[rng.random() < density for _ in range(network.inputs)] for _ in range(network.steps)]
        for density in densities
    ])
    given = cycles(network, spikes, reference.run(network, spikes), design=design)
    bitmaps = [
        [sum(int(bit) << at for at, bit in enumerate(step)) for step in sample] for sample in spikes
    ]
    counted = [
        result.cycles for result, _, _ in classify(design.engine(network), bitmaps, longest=10**5)
    ]
    assert given.tolist() == counted, (network.inputs, design)
    assert max(counted) <= design.worst_cycles(network)


def test_cycles_of_graded_inputs_on_a_folded_engine_are_refused():
    network = example_network(
        sizes=(6, 8, 3), steps=2, weight_bits=4, membrane=Format(6, 2), input_bits=2
    )
    spikes = np.ones((1, 2, 6), np.uint8)
    with pytest.raises(ValueError, match=r"^the inputs are graded; their cycles on the event engine"
                                         r", folded to 4 neurons follow from a simulation$"):
        cycles(network, spikes, reference.run(network, spikes), design=EventDesign(fold=4))
