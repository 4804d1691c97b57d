# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)
"""The stochastic engine: the core in Amaranth's simulator, its bound, and what it refuses."""

import re
from dataclasses import replace

import pytest

from spikewright_hw.engine.drawn_network import drawn_network
from spikewright_hw.engine.example import example_network
from spikewright_hw.engine.record import pack_trace
from spikewright_hw.engine.reference import run
from spikewright_hw.engine.stochastic import StochasticEngine, worst_cycles
from spikewright_hw.engine.streams import ENCODINGS, SOURCES, Streams
from spikewright_hw.fixed import Format
from spikewright_hw.network import Network

from .engines import classify

NETWORK = example_network(sizes=(6, 5, 3), steps=2, weight_bits=4, membrane=Format(5, 2))
NO_SIGN = (
    "layers[0]: the input exc of alpha takes excitatory weights alone, and bipolar streams do not "
    "tell a weight's sign; use sign_magnitude"
)
ALPHA = example_network(
    sizes=(3, 2, 2), steps=1, weight_bits=4, membrane=Format(5, 4), neurons=("alpha", "li")
)


def follows(network: Network, streams: Streams, lanes: int, share: int, samples) -> None:
    dut = StochasticEngine(network=network, streams=streams, lanes=lanes, share=share)
    longest = worst_cycles(network, streams, lanes=lanes, share=share)
    for bitmaps, (result, trace, passed) in zip(
        samples, classify(dut, samples, longest=longest + 1), strict=True
    ):
        expected, expected_trace = run(network, bitmaps, streams=streams)
        assert replace(result, cycles=0) == expected
        assert trace == pack_trace(network, expected_trace)
        assert result.cycles == passed


#: Each source with an encoding and a number of lanes, in turn; with all where it may be slow.
ANY_STREAMS = [
    pytest.param(
        source, encoding, lanes,
        marks=[] if (encoding, lanes) == (ENCODINGS[at % 3], (4, 1)[at % 2]) else pytest.mark.slow,
    )
    for at, source in enumerate(SOURCES)
    for encoding in ENCODINGS
    for lanes in (4, 1)
]


@pytest.mark.parametrize(("source", "encoding", "lanes"), ANY_STREAMS)
def test_engine_follows_reference(source, encoding, lanes, rng):
    streams = Streams(length=16, source=source, encoding=encoding)
    samples = [
        [sum((rng.random() < density) << bit for bit in range(6)) for _ in range(2)]
        for density in (0, 0.5, 1)
    ]
    follows(NETWORK, streams, lanes, 2, samples)


def test_engine_follows_reference_of_any_network(rng):
    for _ in range(3):
        network = drawn_network(rng, largest=4)
        split = {"alpha"} & {layer.neuron for layer in network.layers}
        streams = Streams(
            length=rng.choice((16, 32)),
            source=rng.choice(tuple(SOURCES)),
            encoding="sign_magnitude" if split else rng.choice(ENCODINGS),
        )
        samples = [
            [rng.getrandbits(network.inputs) for _ in range(network.steps)] for _ in range(2)
        ]
        follows(network, streams, rng.choice((1, 2, 4)), rng.randint(1, 3), samples)


#: Sizes, steps and neurons of networks. With 1 and 8 lanes all but the first are slow to simulate.
SLOWEST = [
    ((6, 5, 3), 1, ("lif", "li")),
    ((9, 5, 3), 3, ("lif", "li")),
    ((2, 9, 3), 3, ("lif", "li")),  # the readout is the slowest
    ((3, 9, 9, 1), 2, ("recurrent_lif", "alif", "li")),
]


@pytest.mark.parametrize(
    ("sizes", "steps", "neurons", "lanes"),
    [
        *((*network, 2) for network in SLOWEST),
        *((*SLOWEST[0], lanes) for lanes in (1, 8)),
        *(
            pytest.param(*network, lanes, marks=pytest.mark.slow)
            for network in SLOWEST[1:]
            for lanes in (1, 8)
        ),
    ],
)
def test_the_worst_case_is_the_bound(sizes, steps, neurons, lanes):
    # Every input is a stream, so every block is passed over in every step.
    network = example_network(
        sizes=sizes, steps=steps, weight_bits=4, membrane=Format(5, 2), neurons=neurons
    )
    streams = Streams(length=16, encoding="bipolar")
    dut = StochasticEngine(network=network, streams=streams, lanes=lanes, share=2)
    ((result, _, _),) = classify(dut, [steps * [0]])
    assert result.cycles == worst_cycles(network, streams, lanes=lanes, share=2)


@pytest.mark.parametrize(
    ("network", "options", "message"),
    [
        (NETWORK, {"lanes": 3}, "a layer has a power of two of lanes, not 3"),
        (NETWORK, {"share": 0}, "share is 0; a layer has at least 1"),
        (NETWORK, {"ram_style": "huge"}, "ram_style is 'huge'; there are auto, block"),
        (ALPHA, {"streams": Streams(encoding="bipolar")}, NO_SIGN),
    ],
)
def test_refuses(network, options, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        StochasticEngine(**{"network": network, "streams": Streams(), **options})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"length": 100}, "length is 100; a bitstream has a power of two of bits, 16 to 65536"),
        ({"length": 8}, "length is 8; a bitstream has a power of two of bits, 16 to 65536"),
        (
            {"source": "dice"},
            "source is 'dice'; there are sobol, halton, van_der_corput, counter, lfsr",
        ),
        (
            {"encoding": "ternary"},
            "encoding is 'ternary'; there are sign_magnitude, unipolar, bipolar",
        ),
    ],
)
def test_streams_that_there_are_not(options, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Streams(**options)
