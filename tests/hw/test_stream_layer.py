# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)
"""Stream layer: its reference, the core in Amaranth's simulator, and what it refuses."""

import re
from dataclasses import replace
from itertools import product
from math import floor

import pytest

from spikewright_hw.engine.drawn_network import drawn_layer
from spikewright_hw.engine.example import example_layer
from spikewright_hw.engine.layer_step import layer_start, layer_step
from spikewright_hw.engine.stream_counts import row_planes, weight_count
from spikewright_hw.engine.stream_lane import blocks
from spikewright_hw.engine.stream_layer import PRESETS, StreamLayer, core
from spikewright_hw.engine.stream_layer_step import stream_layer_step
from spikewright_hw.engine.streams import ENCODINGS, SOURCES, Streams
from spikewright_hw.fixed import Format
from spikewright_hw.layer import Layer
from spikewright_hw.neuron import DEFINITIONS

from .simulation import Simulator

LAYER = Layer(
    weights=((3, -2), (1, 1)),
    weight_bits=3,
    neuron="lif",
    parameters={"decay": 0.5, "threshold": 4},
    membrane=Format(4, 1),
)

NO_SIGN = (
    "the layer: the input exc of alpha takes excitatory weights alone, and unipolar streams do not "
    "tell a weight's sign; use sign_magnitude"
)


def outputs(layer: Layer, streams: Streams, bitmaps: list[int]) -> list[dict]:
    """Return what the reference says of each step."""
    states = layer_start(layer)
    given = []
    for bitmap in bitmaps:
        rows = [row for row in range(len(layer.rows)) if bitmap >> row & 1]
        states, spikes = stream_layer_step(layer, states, rows, streams=streams)
        if layer.definition.spikes:
            given.append({"spikes": sum(bit << at for at, bit in enumerate(spikes))})
        else:
            given.append({"membranes": [state["v"] for state in states]})
    return given


@pytest.mark.parametrize("source", ["sobol", "van_der_corput", "counter"])
@pytest.mark.parametrize("encoding", ["sign_magnitude", "unipolar"])
def test_whole_periods_are_the_weights_themselves(source, encoding, rng):
    """A length that is full scale or more counts each bit of a weight as often as it says."""
    layer = example_layer(
        inputs=9, neurons=5, neuron="lif", weight_bits=5, membrane=Format(7, 3), exponent=1
    )
    streams = Streams(length=32, source=source, encoding=encoding)
    states = same = layer_start(layer)
    for _ in range(8):
        rows = [row for row in range(9) if rng.random() < 0.4]
        states, spikes = stream_layer_step(layer, states, rows, streams=streams)
        same, expected = layer_step(layer, same, rows)
        assert (states, spikes) == (same, expected)


def test_two_steps_by_hand():
    # As the row layer's: 16 bits are more than the four of full scale, so nothing is lost.
    states = layer_start(LAYER)
    states, spikes = stream_layer_step(LAYER, states, [0, 1], streams=Streams(length=16))
    assert (states, spikes) == ([{"v": 0}, {"v": -2}], (1, 0))
    states, spikes = stream_layer_step(LAYER, states, [0], streams=Streams(length=16))
    assert (states, spikes) == ([{"v": 6}, {"v": -5}], (0, 0))


def test_a_count_is_rounded_half_up():
    # 32 cycles for a full scale of 8 weight steps: a membrane unit is 4 of a count. The counts of
    # all rows are added before they are rounded.
    streams = Streams(length=32, source="halton")
    kinds = [row_planes(streams, 4, row, 1) for row in range(2)]
    residues = set()
    for weights in product(range(-7, 8), repeat=2):
        layer = Layer(tuple((weight,) for weight in weights), 4, "li", {"decay": 1}, Format(6, 0))
        counts = [
            weight_count(streams, 4, *kind) for kind in zip(kinds, weights, strict=True)
        ]
        count = sum(up - down for up, down in counts)
        residues.add(count % 4)
        (state,), _ = stream_layer_step(layer, layer_start(layer), [0, 1], streams=streams)
        assert state == {"v": floor(count / 4 + 0.5)}
    assert residues == {0, 1, 2, 3}


#: Each preset with one of these probabilities of a pause, and, where it may be slow, with both.
STALLED = [
    pytest.param(preset, stall, marks=[] if place == at % 2 else pytest.mark.slow)
    for at, preset in enumerate(PRESETS)
    for place, stall in enumerate((0.5, 0.0))
]


@pytest.mark.parametrize(("preset", "stall"), STALLED)
def test_core_follows_reference(preset, stall, exchange, rng):
    dut = core(**PRESETS[preset])
    width = len(dut.layer.rows)
    bitmaps = [0, (1 << width) - 1, (1 << width) - 1, 0, 0, 1, 1 << (width - 1)]
    bitmaps += [rng.getrandbits(width) for _ in range(4)]
    given = exchange(dut, send={"i": bitmaps}, take={"o": len(bitmaps)}, stall=stall)
    assert given["o"] == outputs(dut.layer, dut.streams, bitmaps)


def encodings_of(neuron: str) -> tuple[str, ...]:
    """Return the encodings that a neuron's inputs can take."""
    sources = {one.source for one in DEFINITIONS[neuron].inputs.values()}
    return ENCODINGS[:1] if "excitatory" in sources else ENCODINGS


#: A neuron of each kind that matters to a layer: a short equation and a long one, rows of its own,
#: inputs of one sign, several states, no spikes. The row layer, which updates alike, runs them all.
QUICK = ("lif", "adex", "recurrent_lif", "alpha", "nir_cuba_lif", "li")

#: Each neuron with each of its encodings; the quick ones with one of them, in turn.
ANY_NEURON = [
    pytest.param(
        neuron, encoding,
        marks=[]
        if neuron in QUICK and place == QUICK.index(neuron) % len(encodings_of(neuron))
        else pytest.mark.slow,
    )
    for neuron in DEFINITIONS
    for place, encoding in enumerate(encodings_of(neuron))
]


@pytest.mark.parametrize(("neuron", "encoding"), ANY_NEURON)
def test_core_follows_reference_of_any_neuron(neuron, encoding, exchange, rng):
    streams = Streams(
        length=rng.choice((16, 32)), source=rng.choice(tuple(SOURCES)), encoding=encoding
    )
    layer = drawn_layer(rng, inputs=5, neurons=3, neuron=neuron)
    lanes, share = rng.choice((1, 2, 4, 8)), rng.choice((1, 2, 4))
    width = len(layer.rows)
    bitmaps = [0, (1 << width) - 1, *(rng.getrandbits(width) for _ in range(6))]
    dut = StreamLayer(layer=layer, streams=streams, lanes=lanes, share=share)
    given = exchange(dut, send={"i": bitmaps}, take={"o": len(bitmaps)})
    assert given["o"] == outputs(layer, streams, bitmaps), (streams, lanes, share)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(("lanes", "share", "stages"), [(1, 2, 1), (2, 3, 2), (4, 1, 1)])
def test_passes_and_cycles_of_a_step(encoding, lanes, share, stages):
    """As promised, and not one more or less; each spike is told once, whatever the length."""
    layer = example_layer(
        inputs=5, neurons=3, neuron="recurrent_lif", weight_bits=3, membrane=Format(5, 2)
    )
    streams = Streams(length=16, encoding=encoding)
    dut = StreamLayer(layer=layer, streams=streams, lanes=lanes, share=share, stages=stages)
    rows = blocks(layer, lanes=lanes)
    steps = []

    async def testbench(ctx):
        ctx.set(dut.o.ready, 1)
        for bitmap in (0, 0b11111111, 0b00000001, 0b10000000, 0b01110001, 0):
            ctx.set(dut.i.payload, bitmap)
            ctx.set(dut.i.valid, 1)
            assert ctx.get(dut.i.ready)
            await ctx.tick()
            ctx.set(dut.i.valid, 0)
            cycles = arriving = returning = passes = valid = 0
            while not valid:
                arriving += ctx.get(dut.arriving)
                returning += ctx.get(dut.returning)
                passes = ctx.get(dut.passes)
                _, _, valid = await ctx.tick().sample(dut.o.valid)
                cycles += 1
            busy = [
                block for block in rows
                if encoding == "bipolar" or any(bitmap >> row & 1 for row in block)
            ]
            expected = streams.length * max(len(busy), 1) + share + stages + 7
            told = (bitmap & 0b11111).bit_count(), (bitmap >> 5).bit_count()
            steps.append((cycles - expected, passes, (arriving, returning) == told))

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    assert steps == 6 * [(0, streams.length, True)]


def test_clear_forgets_the_states():
    dut = StreamLayer(layer=LAYER, streams=Streams(length=16), lanes=2)
    spiked = []

    async def testbench(ctx):
        ctx.set(dut.o.ready, 1)
        for clear in (0, 1, 0, 0):
            ctx.set(dut.clear, clear)
            await ctx.tick()
            ctx.set(dut.clear, 0)
            ctx.set(dut.i.payload, 0b01)
            ctx.set(dut.i.valid, 1)
            await ctx.tick().until(dut.i.ready)
            ctx.set(dut.i.valid, 0)
            await ctx.tick().until(dut.o.valid)
            spiked.append(ctx.get(dut.o.payload.spikes))

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    # A weight of 3 and a threshold of 4: the second spike in a row, so not after a clear.
    assert spiked == [0, 0, 1, 0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lanes": 0}, "a layer has a power of two of lanes, not 0"),
        ({"lanes": 6}, "a layer has a power of two of lanes, not 6"),
        ({"share": 0}, "an updater serves at least one neuron, not 0"),
        ({"stages": 0}, "an updater has at least one stage, not 0"),
        (
            {
                "layer": replace(LAYER, neuron="alpha", parameters={}),
                "streams": Streams(encoding="unipolar"),
            },
            NO_SIGN,
        ),
    ],
)
def test_refuses(options, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        StreamLayer(**{"layer": LAYER, "streams": Streams(), **options})
