# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)
"""Row layer: its reference, the core in Amaranth's simulator, and what it refuses."""

from dataclasses import replace

import pytest

from spikewright_hw.engine.bank_scan import bank_events
from spikewright_hw.engine.drawn_network import drawn_layer
from spikewright_hw.engine.example import example_layer
from spikewright_hw.engine.layer_step import layer_start, layer_step
from spikewright_hw.engine.row_layer import RowLayer
from spikewright_hw.engine.scan import scan_events
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer
from spikewright_hw.neuron import DEFINITIONS

from .simulation import Simulator

HAND = Layer(
    weights=((3, -2), (1, 1)),
    weight_bits=3,
    neuron="lif",
    parameters={"decay": 0.5, "threshold": 4},
    membrane=Format(4, 1),
)


def test_two_steps_by_hand():
    # Membrane units are halves of a weight step. Step 0: both inputs spike, u = (8, -2), so the
    # first neuron spikes and keeps 0. Step 1: the first input spikes, u = (0 + 6, -1 - 4).
    states = layer_start(HAND)
    assert states == [{"v": 0}, {"v": 0}]
    states, spikes = layer_step(HAND, states, [0, 1])
    assert (states, spikes) == ([{"v": 0}, {"v": -2}], (1, 0))
    states, spikes = layer_step(HAND, states, [0])
    assert (states, spikes) == ([{"v": 6}, {"v": -5}], (0, 0))


def test_what_each_input_sums():
    # Two inputs spike, and neuron 1 did in the step before. A weight step is a half.
    layer = Layer(
        weights=((3, -2), (-1, -1)), weight_bits=3, neuron="alpha", parameters={},
        membrane=Format(5, 3), exponent=1,
    )
    assert layer.contributions("exc") == ((3, 0), (0, 0))
    assert layer.contributions("inh") == ((0, 2), (1, 1))
    states, _ = layer_step(layer, layer_start(layer), [0, 1])
    assert [state["x_exc"] for state in states] == [3 << 2, 0]
    assert [state["x_inh"] for state in states] == [1 << 2, 3 << 2]

    layer = replace(layer, neuron="recurrent_lif", parameters={}, recurrent=((1, 0), (2, -3)))
    assert layer.contributions("i") == ((3, -2), (-1, -1), (0, 0), (0, 0))
    assert layer.contributions("r") == ((0, 0), (0, 0), (1, 0), (2, -3))
    states, _ = layer_step(layer, layer_start(layer), [1, 3])
    assert [state["v"] for state in states] == [(-1 + 2 << 2), (-1 - 3) << 2]


def test_states_and_constants_of_each_neuron():
    layer = Layer(
        weights=((0, 0),), weight_bits=2, neuron="nir_lif",
        parameters={"tau": 2.0, "v_leak": (-1.0, 0.5), "v_threshold": (2.0, 0.25)},
        membrane=Format(3, 2),
    )
    assert layer_start(layer) == [{"v": -4}, {"v": 2}]
    assert layer_step(layer, layer_start(layer), []) == ([{"v": -4}, {"v": 0}], (0, 1))


def events(bitmaps: list[int]) -> list[dict[str, int]]:
    return [
        {"row": row, "spike": spike, "last": last}
        for bitmap in bitmaps
        for row, spike, last in scan_events(bitmap)
    ]


def outputs(layer: Layer, bitmaps: list[int]) -> list[dict]:
    """Return what the reference says of each step."""
    states = layer_start(layer)
    given = []
    for bitmap in bitmaps:
        rows = [row for row in range(len(layer.rows)) if bitmap >> row & 1]
        states, spikes = layer_step(layer, states, rows)
        if layer.definition.spikes:
            given.append({"spikes": sum(bit << at for at, bit in enumerate(spikes))})
        else:
            given.append({"membranes": [state["v"] for state in states]})
    return given


@pytest.mark.parametrize("neuron", ["lif", "li"])
@pytest.mark.parametrize(
    ("inputs", "neurons", "share", "bits", "membrane"),
    [
        (1, 1, 1, 2, Format(3, 0)),
        (5, 7, 1, 8, Format(10, 3)),
        (6, 8, 4, 4, Format(4, 2)),
        (7, 5, 3, 3, Format(5, 1)),
        (3, 2, 8, 4, Format(6, 2)),  # more turns than neurons
    ],
)
def test_core_follows_reference(inputs, neurons, share, bits, membrane, neuron, exchange, rng):
    layer = example_layer(
        inputs=inputs, neurons=neurons, neuron=neuron, weight_bits=bits, membrane=membrane
    )
    bitmaps = [0, (1 << inputs) - 1, (1 << inputs) - 1, 0, 0, 1, 1 << (inputs - 1)]
    bitmaps += [rng.getrandbits(inputs) for _ in range(30)]
    bitmaps += bitmaps
    dut = RowLayer(layer=layer, share=share)
    given = exchange(dut, send={"i": events(bitmaps)}, take={"o": len(bitmaps)}, stall=(0.0, 0.5))
    assert given["o"] == outputs(layer, bitmaps)


#: Each neuron with one of these shares and stages, in turn; with all where it may be slow.
ANY_NEURON = [
    pytest.param(neuron, share, stages, marks=[] if place == at % 3 else pytest.mark.slow)
    for at, neuron in enumerate(DEFINITIONS)
    for place, (share, stages) in enumerate(((1, None), (3, None), (2, 3)))
]


@pytest.mark.parametrize(("neuron", "share", "stages"), ANY_NEURON)
def test_core_follows_reference_of_any_neuron(neuron, share, stages, exchange, rng):
    layer = drawn_layer(rng, inputs=3, neurons=4, neuron=neuron)
    width = len(layer.rows)
    bitmaps = [0, (1 << width) - 1, (1 << width) - 1, 0]
    bitmaps += [rng.getrandbits(width) for _ in range(30)]
    dut = RowLayer(layer=layer, share=share, stages=stages)
    given = exchange(dut, send={"i": events(bitmaps)}, take={"o": len(bitmaps)})
    assert given["o"] == outputs(layer, bitmaps)


def test_states_that_are_wider_than_what_they_take(exchange):
    # No update of these neurons comes near the ends of their membrane.
    layer = Layer(((1, -1),), 2, "li", {"decay": 0.25}, Format(8, 4), exponent=4)
    assert layer.fixed.ranges({"i": layer.reach("i")})["v"].width < layer.membrane.width
    bitmaps = [1, 0, 1, 1, 0, 0]
    dut = RowLayer(layer=layer, share=2)
    given = exchange(dut, send={"i": events(bitmaps)}, take={"o": len(bitmaps)})
    assert given["o"] == outputs(layer, bitmaps)
    assert given["o"][0] == {"membranes": [1, -1]}


@pytest.mark.parametrize(("share", "stages"), [(1, 1), (2, 1), (4, 1), (1, 3), (2, 2)])
def test_latency_and_throughput(share, stages):
    dut = RowLayer(layer=HAND, share=share, stages=stages)
    taken, offered = [], []

    async def source(ctx):
        ctx.set(dut.i.valid, 1)
        for event in events([0b11, 0, 0b11, 0b10]):
            ctx.set(dut.i.payload, event)
            await ctx.tick().until(dut.i.ready)
        ctx.set(dut.i.valid, 0)

    async def watch(ctx):
        ctx.set(dut.o.ready, 1)
        for cycle in range(40):
            transfers = dut.i.valid & dut.i.ready & dut.i.payload.last
            _, _, last, valid = await ctx.tick().sample(transfers, dut.o.valid)
            if last:
                taken.append(cycle)
            if valid:
                offered.append(cycle)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(source)
    simulator.add_testbench(watch)
    simulator.run()
    # Steps of 2, 1, 2 and 1 events; each takes a cycle for each event, or for each turn and one.
    turns = share + stages - 1
    expected = [1 + turns + 2]
    for count in (1, 2, 1):
        expected.append(expected[-1] + max(count, turns + 1))
    assert offered == expected
    assert taken[0] == 1


@pytest.mark.parametrize("banks", [2, 3, 4])
@pytest.mark.parametrize("neuron", ["lif", "alpha", "recurrent_lif", "li"])
def test_banks_add_rows_of_a_cycle(banks, neuron, exchange, rng):
    for inputs, neurons, share in ((4, 3, 2), (9, 5, 4)):
        layer = drawn_layer(rng, inputs=inputs, neurons=neurons, neuron=neuron)
        width = len(layer.rows)
        bitmaps = [0, (1 << width) - 1, (1 << width) - 1, 0, 1, 1 << (width - 1)]
        bitmaps += [rng.getrandbits(width) & rng.getrandbits(width) for _ in range(40)]
        sent = [
            {"places": places, "spikes": spikes, "last": last}
            for bitmap in bitmaps
            for places, spikes, last in bank_events(bitmap, width=width, banks=banks)
        ]
        dut = RowLayer(layer=layer, share=share, banks=banks)
        given = exchange(dut, send={"i": sent}, take={"o": len(bitmaps)}, stall=(0.0, 0.5))
        assert given["o"] == outputs(layer, bitmaps)


@pytest.mark.parametrize("banks", [0, 3])
def test_banks_that_no_row_is_in_are_refused(banks):
    with pytest.raises(ValueError, match=rf"^banks is {banks}; a layer of 2 rows has 1 to 2$"):
        RowLayer(layer=HAND, banks=banks)


def test_clear_forgets_the_states():
    dut = RowLayer(layer=HAND, share=2)
    spiked = []

    async def testbench(ctx):
        ctx.set(dut.o.ready, 1)
        for clear in (0, 1, 0, 0):
            ctx.set(dut.clear, clear)
            await ctx.tick()
            ctx.set(dut.clear, 0)
            ctx.set(dut.i.payload, {"row": 0, "spike": 1, "last": 1})
            ctx.set(dut.i.valid, 1)
            await ctx.tick().until(dut.i.ready)
            ctx.set(dut.i.valid, 0)
            await ctx.tick().until(dut.o.valid)
            spiked.append(ctx.get(dut.o.payload.spikes))

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    # The first neuron reaches 6; cleared, 6 again; then 3 + 6, where it spikes; then 1 + 6.
    # Without the clear it would spike in the second step.
    assert spiked == [0, 0, 1, 0]


def test_clear_sets_the_states_to_their_start():
    layer = Layer(
        weights=((1, 1),), weight_bits=2, neuron="nir_li", membrane=Format(4, 3),
        parameters={"v_leak": (-2.0, 3.0), "tau": 2.0, "r": 8.0},
    )
    dut = RowLayer(layer=layer, share=2)
    given = []

    async def testbench(ctx):
        ctx.set(dut.o.ready, 1)
        for clear in (0, 0, 1):
            ctx.set(dut.clear, clear)
            await ctx.tick()
            ctx.set(dut.clear, 0)
            ctx.set(dut.i.payload, {"row": 0, "spike": 1, "last": 1})
            ctx.set(dut.i.valid, 1)
            await ctx.tick().until(dut.i.ready)
            ctx.set(dut.i.valid, 0)
            await ctx.tick().until(dut.o.valid)
            given.append([ctx.get(dut.o.payload.membranes[number]) for number in range(2)])

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    # From v_leak a current of 1 lifts v by dt / tau * r = 4, and then half way more.
    assert given == [[2 * 8, 7 * 8], [4 * 8, 9 * 8 - 9], [2 * 8, 7 * 8]]


def test_no_share_is_refused():
    with pytest.raises(ValueError, match=r"^an updater serves at least one neuron, not 0$"):
        RowLayer(layer=HAND, share=0)


def test_no_stage_is_refused():
    with pytest.raises(ValueError, match=r"^an updater has at least one stage, not 0$"):
        RowLayer(layer=HAND, stages=0)


def test_a_long_equation_takes_more_stages():
    stages = {
        name: RowLayer(
            layer=replace(HAND, neuron=name, parameters={}, membrane=Format(8, 4))
        ).stages
        for name in ("lif", "nir_cuba_lif", "alif", "adex")
    }
    assert stages["lif"] == stages["nir_cuba_lif"] == 1
    assert 1 < stages["alif"] < stages["adex"]
