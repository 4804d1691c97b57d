# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)
"""Row layer: its reference, the core in Amaranth's simulator, and what it refuses."""

import pytest
from amaranth.sim import Simulator

from spikewright_hw.engine.example import example_layer
from spikewright_hw.engine.row_layer import RowLayer, layer_start, layer_step
from spikewright_hw.engine.scan import scan_events
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer

HAND = Layer(
    weights=((3, -2), (1, 1)),
    weight_bits=3,
    neuron="lif",
    parameters={"leak": 1, "threshold": 8},
    membrane=Format(4, 1),
)


def test_two_steps_by_hand():
    # Membrane units are halves of a weight step. Step 0: both inputs spike, u = (8, -2), so the
    # first neuron spikes and keeps 0. Step 1: the first input spikes, u = (0 + 6, -2 + 1 - 4).
    states = layer_start(HAND)
    assert states == [{"v": 0}, {"v": 0}]
    states, spikes = layer_step(HAND, states, [0, 1])
    assert (states, spikes) == ([{"v": 0}, {"v": -2}], (1, 0))
    states, spikes = layer_step(HAND, states, [0])
    assert (states, spikes) == ([{"v": 6}, {"v": -5}], (0, 0))


def events(bitmaps: list[int]) -> list[dict[str, int]]:
    return [
        {"row": row, "spike": spike, "last": last}
        for bitmap in bitmaps
        for row, spike, last in scan_events(bitmap)
    ]


def outputs(layer: Layer, bitmaps: list[int]) -> list[dict]:
    """Give what the reference says of each step."""
    states = layer_start(layer)
    given = []
    for bitmap in bitmaps:
        rows = [row for row in range(layer.inputs) if bitmap >> row & 1]
        states, spikes = layer_step(layer, states, rows)
        if layer.neuron == "lif":
            given.append({"spikes": sum(bit << at for at, bit in enumerate(spikes))})
        else:
            given.append({"membranes": [state["v"] for state in states]})
    return given


@pytest.mark.parametrize("stall", [0.0, 0.5])
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
def test_core_follows_reference(
    inputs, neurons, share, bits, membrane, neuron, stall, exchange, rng
):
    layer = example_layer(
        inputs=inputs, neurons=neurons, neuron=neuron, weight_bits=bits, membrane=membrane
    )
    bitmaps = [0, (1 << inputs) - 1, (1 << inputs) - 1, 0, 0, 1, 1 << (inputs - 1)]
    bitmaps += [rng.getrandbits(inputs) for _ in range(30)]
    dut = RowLayer(layer=layer, share=share)
    given = exchange(dut, send={"i": events(bitmaps)}, take={"o": len(bitmaps)}, stall=stall)
    assert given["o"] == outputs(layer, bitmaps)


@pytest.mark.parametrize("share", [1, 2, 4])
def test_latency_and_throughput(share):
    dut = RowLayer(layer=HAND, share=share)
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
    # Steps of 2, 1, 2 and 1 events; each takes a cycle for each event and one for each turn.
    first = 1 + share + 2
    assert offered == [first, first + 1 + share, first + 3 + 2 * share, first + 4 + 3 * share]
    assert taken[0] == 1


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


def test_no_share_is_refused():
    with pytest.raises(ValueError, match=r"^an updater serves at least one neuron, not 0$"):
        RowLayer(layer=HAND, share=0)
