# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)
"""Map layer: the core against the reference of every layer, its pace, and what it refuses."""

import re
from dataclasses import replace

import pytest
from amaranth import ResetInserter, Signal

from spikewright_hw.connection import Convolution, FeatureMap
from spikewright_hw.engine.drawn_connection import drawn_connection, drawn_map
from spikewright_hw.engine.drawn_network import drawn_layer_of
from spikewright_hw.engine.example import example_layer
from spikewright_hw.engine.layer_step import graded_events, layer_start, layer_step
from spikewright_hw.engine.map_layer import PRESETS, MapLayer, core, worst_step_cycles
from spikewright_hw.engine.taps import event_taps
from spikewright_hw.engine.weight_image import pack_row
from spikewright_hw.engine.word_neurons import given_width
from spikewright_hw.engine.word_scan import scan_words
from spikewright_hw.fixed import Format
from spikewright_hw.layer import Layer
from spikewright_hw.neuron import DEFINITIONS

from .simulation import Simulator

LINE = Convolution(source=FeatureMap(channels=1, width=3), channels=2, kernel=(1, 2))

#: Two places of two neurons each; a membrane unit is a weight step.
HAND = Layer(
    weights=((3, -2), (1, 1)),
    weight_bits=3,
    neuron="lif",
    parameters={"decay": 0.5, "threshold": 4},
    membrane=Format(5, 0),
    connection=LINE,
)


def taps(layer: Layer, planes: list[int]) -> list[dict[str, int]]:
    """Return the taps of bitmaps, the most significant plane of a step first."""
    connection = layer.connection
    events = [event for spikes in planes for event in scan_words(connection.source, [spikes])]
    return [tap._asdict() for tap in event_taps(connection, events)]


def owed(layer: Layer, steps: list[list[int]]) -> list[int]:
    """Return the words of each step, spikes or membranes; a step is a bitmap for each plane."""
    states, words = layer_start(layer), []
    lanes = layer.connection.lanes
    for planes in steps:
        events = [[at for at in range(layer.inputs) if plane >> at & 1] for plane in planes]
        states, given = layer_step(layer, states, graded_events(events))
        if not layer.definition.spikes:
            given = [state["v"] for state in states]
        words += [
            pack_row(tuple(given[at : at + lanes]), given_width(layer))
            for at in range(0, layer.neurons, lanes)
        ]
    return words


def drawn(layer: Layer, rng, *, count: int) -> list[list[int]]:
    """Draw steps of several densities, among them empty and full ones."""
    full = (1 << layer.inputs) - 1
    steps = [[0] * layer.input_bits, [full] * layer.input_bits, [0] * layer.input_bits]
    for _ in range(count):
        density = rng.choice([0.05, 0.3, 0.8])
        steps.append([
            sum((rng.random() < density) << at for at in range(layer.inputs))
            for _ in range(layer.input_bits)
        ])
    return steps


@pytest.mark.parametrize("preset", PRESETS)
def test_core_follows_reference(preset, exchange, rng):
    dut = core(**PRESETS[preset])
    steps = drawn(dut.layer, rng, count=12) + drawn(dut.layer, rng, count=12)
    expected = owed(dut.layer, steps)
    sent = [tap for planes in steps for tap in taps(dut.layer, planes)]
    given = exchange(dut, send={"i": sent}, take={"o": len(expected)}, stall=(0.0, 0.5))
    assert given["o"] == expected
    assert 0 < sum(expected), "nothing spiked"


@pytest.mark.parametrize("kind", ["dense", "convolution"])
def test_core_follows_reference_of_drawn_layers(kind, exchange, rng):
    names = [
        name for name, one in DEFINITIONS.items()
        if not one.hears_itself
    ]
    for _ in range(2):
        connection = drawn_connection(rng, drawn_map(rng, largest=4), kind=kind, largest=4)
        layer = drawn_layer_of(
            rng, connection, neuron=rng.choice(names), input_bits=rng.choice((1, 3))
        )
        print(layer)
        steps = drawn(layer, rng, count=6)
        expected = owed(layer, steps)
        sent = [tap for planes in steps for tap in taps(layer, planes)]
        dut = MapLayer(layer=layer, stages=rng.choice((None, 1, 2, 4)))
        given = exchange(dut, send={"i": sent}, take={"o": len(expected)}, stall=0.2)
        assert given["o"] == expected


def test_two_steps_by_hand():
    # Step 0: all inputs spike, so each place hears (3, -2) + (1, 1) = (4, -1) and its first neuron
    # spikes. Step 1: the input in the middle adds (1, 1) to the first place and (3, -2) to the
    # second; half of what was left, (0, -1), is rounded half up to 0.
    assert owed(HAND, [[0b111], [0b010]]) == [0b01, 0b01, 0b00, 0b00]
    # Those of neurons that never spike are membranes, of seven bits here.
    leaky = replace(HAND, neuron="li", parameters={"decay": 0.5}, membrane=Format(7, 0))
    four, two = 4 | (128 - 1) << 7, 3 | (1 << 7)
    assert owed(leaky, [[0b111], [0b010]]) == [four, four, two, (3 + 2) | (128 - 2) << 7]
    states, _ = layer_step(HAND, layer_start(HAND), [0, 1, 2])
    states, _ = layer_step(HAND, states, [1])
    assert [state["v"] for state in states] == [1, 1, 3, -2]


def run(dut: MapLayer, sent: list[dict[str, int]], *, cycles: int) -> tuple[list[int], list[int]]:
    """Return in which cycles a tap is taken, and in which a word is offered, without stalls."""
    taken, offered = [], []

    async def source(ctx):
        ctx.set(dut.i.valid, 1)
        for tap in sent:
            ctx.set(dut.i.payload, tap)
            await ctx.tick().until(dut.i.ready)
        ctx.set(dut.i.valid, 0)

    async def watch(ctx):
        ctx.set(dut.o.ready, 1)
        for cycle in range(cycles):
            taps = dut.i.valid & dut.i.ready
            _, _, takes, valid = await ctx.tick().sample(taps, dut.o.valid)
            if takes:
                taken.append(cycle)
            if valid:
                offered.append(cycle)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(source)
    simulator.add_testbench(watch)
    simulator.run()
    return taken, offered


@pytest.mark.parametrize("stages", [1, 2, 3])
def test_latency_and_throughput(stages):
    # A step of four taps and a step of one; two words. The words of the second wait for those of
    # the first to leave the updater only where it has as many stages as there are words.
    dut = MapLayer(layer=HAND, stages=stages)
    taken, offered = run(dut, [*taps(HAND, [0b111]), *taps(HAND, [0])], cycles=30)
    first = dut.words  # after the reset
    assert taken == [*range(first, first + 4), first + 6]
    last, gap = first + 3, 2 + stages + 1
    begins = [last + stages + 3, last + gap + stages + 3]
    assert offered == [cycle for begin in begins for cycle in (begin, begin + 1)]


def test_the_worst_step():
    assert worst_step_cycles(HAND) == 4 + 2
    assert worst_step_cycles(HAND, stages=9) == 2 + 9 + 1
    assert worst_step_cycles(replace(HAND, input_bits=3)) == 3 * 4 + 2


def test_clear_sets_the_states_to_their_start():
    layer = replace(
        HAND, neuron="nir_lif",
        parameters={"v_leak": (2.0, -3.0), "tau": 2.0, "r": 2.0, "v_threshold": 4.0},
    )
    dut = MapLayer(layer=layer, stages=1)
    given = []

    async def testbench(ctx):
        ctx.set(dut.o.ready, 1)
        for clear in (0, 0, 1):
            ctx.set(dut.clear, clear)
            await ctx.tick()
            ctx.set(dut.clear, 0)
            # The first neuron of each place hears 3, above the leak at 2, and then spikes.
            for tap in taps(layer, [0b011]):
                ctx.set(dut.i.payload, tap)
                ctx.set(dut.i.valid, 1)
                await ctx.tick().until(dut.i.ready)
            ctx.set(dut.i.valid, 0)
            for _ in range(2):
                (word,) = await ctx.tick().sample(dut.o.payload).until(dut.o.valid)
                given.append(word)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    steps = [[0b011]]
    first, both = owed(layer, steps), owed(layer, steps * 2)
    assert both[2:] != first, "the second step is like the first"
    assert given == [*both, *first]


def test_a_reset_within_a_step_forgets_its_taps():
    dut, reset = MapLayer(layer=HAND, stages=1), Signal()
    given = []

    async def testbench(ctx):
        ctx.set(dut.o.ready, 1)
        ctx.set(dut.i.valid, 1)
        for tap in [*taps(HAND, [0b111])[:-1], None, *taps(HAND, [0])]:
            if tap is None:
                ctx.set(reset, 1)
                await ctx.tick()
                ctx.set(reset, 0)
            else:
                ctx.set(dut.i.payload, tap)
                await ctx.tick().until(dut.i.ready)
        ctx.set(dut.i.valid, 0)
        for _ in range(2):
            (word,) = await ctx.tick().sample(dut.o.payload).until(dut.o.valid)
            given.append(word)

    simulator = Simulator(ResetInserter(reset)(dut))
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    assert given == owed(HAND, [[0]])
    assert given != owed(HAND, [[0b111]])


@pytest.mark.parametrize(
    ("layer", "stages", "message"),
    [
        (example_layer(
            inputs=2, neurons=2, neuron="recurrent_lif", weight_bits=3, membrane=Format(5, 2)
         ), None,
         "a map layer has neurons that do not hear themselves, not recurrent_lif"),
        (HAND, 0, "an updater has at least one stage, not 0"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(layer, stages, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        MapLayer(layer=layer, stages=stages)
