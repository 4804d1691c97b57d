# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

"""Neuron group: each neuron makes its own step in an update, whoever shares its updater."""

import pytest

from spikewright_hw.definition import integers
from spikewright_hw.engine.example import example_layer
from spikewright_hw.engine.layer_step import layer_start, layer_step
from spikewright_hw.engine.neuron_group import NeuronGroup
from spikewright_hw.engine.row_layer import update_stages
from spikewright_hw.engine.synapses import WeightSynapses
from spikewright_hw.fixed import Format
from spikewright_hw.layer import Layer
from spikewright_hw.neuron import DEFINITIONS

from .simulation import Simulator


def run(
    dut: NeuronGroup, steps: list[list[int]], *, clear: tuple[int, ...] = ()
) -> tuple[list[dict[str, list[int]]], list[int]]:
    """Return the states of the group's neurons, and its output, after each step of rows.

    The states are cleared before the steps in ``clear``.
    """
    layer = dut.layer
    states: list[dict[str, list[int]]] = []
    outputs: list[int] = []

    async def testbench(ctx):
        for number, rows in enumerate(steps):
            if number in clear:
                ctx.set(dut.clear, 1)
                await ctx.tick()
                ctx.set(dut.clear, 0)
            ctx.set(dut.accumulate, 1)
            brought = [(row >= layer.inputs, layer.rows[row]) for row in rows]
            for at, (own, weights) in enumerate(brought or [(False, [0] * layer.neurons)]):
                ctx.set(dut.own, own)
                ctx.set(dut.addends, [weights[neuron] for neuron in dut.numbers])
                ctx.set(dut.close, at >= len(rows) - 1)
                await ctx.tick()
            ctx.set(dut.close, 0)
            ctx.set(dut.accumulate, 0)
            ctx.set(dut.update, 1)
            for turn in range(len(dut.numbers) + dut.stages - 1):
                ctx.set(dut.turn, turn)
                await ctx.tick()
            ctx.set(dut.update, 0)
            ctx.set(dut.turn, 0)
            states.append({
                name: [ctx.get(state) for state in turns] for name, turns in dut.states.items()
            })
            outputs.append(ctx.get(dut.o))

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    return states, outputs


def group(layer: Layer, *, first: int = 0, share: int, stages: int | None = None) -> NeuronGroup:
    return NeuronGroup(
        layer=layer, first=first, share=share, stages=stages or update_stages(layer),
        synapses=WeightSynapses(layer),
    )


def drawn_steps(layer: Layer, rng, *, count: int) -> list[list[int]]:
    return [
        [row for row in range(len(layer.rows)) if rng.random() < density]
        for density in (rng.choice((0, 0.3, 1)) for _ in range(count))
    ]


@pytest.mark.parametrize("neuron", DEFINITIONS)
def test_every_neuron_makes_the_step_of_its_definition(neuron, rng):
    """Of any kind: all states and the output, with a clear in between."""
    layer = example_layer(
        inputs=4, neurons=3, neuron=neuron, weight_bits=4, membrane=Format(6, 4), exponent=2,
        seed=rng.getrandbits(20),
    )
    steps = drawn_steps(layer, rng, count=12)
    found, outputs = run(group(layer, share=3), steps, clear=(7,))
    states = layer_start(layer)
    for number, rows in enumerate(steps):
        if number == 7:
            states = layer_start(layer)
        states, spikes = layer_step(layer, states, rows)
        assert found[number] == {
            name: [state[name] for state in states] for name in layer.fixed.formats
        }
        given = spikes if layer.fixed.definition.spikes else [state["v"] for state in states]
        width = 1 if layer.fixed.definition.spikes else layer.fixed.formats["v"].width
        mask = (1 << width) - 1
        assert outputs[number] == sum(
            (value & mask) << (width * at) for at, value in enumerate(given)
        )


def test_a_step_is_summed_while_the_neurons_are_updated():
    layer = example_layer(
        inputs=2, neurons=3, neuron="li", weight_bits=4, membrane=Format(7, 0),
        parameters={"decay": 1.0},
    )
    dut = group(layer, share=3)
    found = []

    async def update(ctx, *, adds):
        for turn in range(3):
            ctx.set(dut.update, 1)
            ctx.set(dut.turn, turn)
            ctx.set(dut.accumulate, turn == adds)
            await ctx.tick()
        ctx.set(dut.update, 0)
        ctx.set(dut.turn, 0)
        found.append([ctx.get(state) for state in dut.states["v"]])

    async def close(ctx, row):
        ctx.set(dut.addends, layer.weights[row])
        ctx.set(dut.close, 1)
        await ctx.tick()
        ctx.set(dut.close, 0)

    async def testbench(ctx):
        await close(ctx, 0)
        await update(ctx, adds=1)  # the first row again, of the next step
        await close(ctx, 1)
        await update(ctx, adds=None)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    first, second = layer.weights
    assert found == [
        [*first], [2 * one + other for one, other in zip(first, second, strict=True)]
    ]


@pytest.mark.parametrize(("first", "share", "stages"), [(0, 1, 1), (2, 2, 3), (4, 3, 1), (0, 5, 2)])
def test_neurons_that_share_an_updater_do_not_mix(first, share, stages, rng):
    """Thresholds differ from neuron to neuron, and so do the sums; the last group is padded."""
    layer = example_layer(
        inputs=6, neurons=5, neuron="lif", weight_bits=5, membrane=Format(7, 2),
        parameters={"threshold": (1.0, 5.0, 9.0, 17.0, 30.0)}, seed=rng.getrandbits(20),
    )
    steps = drawn_steps(layer, rng, count=30)
    found, outputs = run(group(layer, first=first, share=share, stages=stages), steps)
    there = range(first, min(first + share, layer.neurons))
    states = layer_start(layer)
    for number, rows in enumerate(steps):
        states, spikes = layer_step(layer, states, rows)
        assert found[number]["v"][: len(there)] == [states[neuron]["v"] for neuron in there]
        assert [outputs[number] >> at & 1 for at in range(len(there))] == [
            spikes[neuron] for neuron in there
        ]


def test_each_neuron_begins_at_its_own_start():
    layer = example_layer(
        inputs=2, neurons=3, neuron="nir_li", weight_bits=4, membrane=Format(6, 4),
        parameters={"v_leak": (0.0, 1.5, -2.0)},
    )
    starts = [integers.start(layer.fixed, neuron=neuron)["v"] for neuron in range(3)]
    assert len(set(starts)) == 3
    dut = group(layer, share=3)
    steps = [[0, 1]] * 3 + [[]]
    again, _ = run(dut, steps, clear=(3,))
    fresh, _ = run(group(layer, share=3), [[]])
    assert again[-1] == fresh[0]
    assert [signal.init for signal in dut.states["v"]] == starts


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"share": 0}, r"^an updater serves at least one neuron, not 0$"),
        ({"share": 2, "stages": -1}, r"^an updater has at least one stage, not -1$"),
        ({"share": 2, "first": 3}, r"^first is 3; the layer's neurons are 0 to 2$"),
        ({"share": 2, "first": -1}, r"^first is -1; the layer's neurons are 0 to 2$"),
    ],
)
def test_a_group_that_cannot_be_is_refused(keywords, message):
    layer = example_layer(
        inputs=2, neurons=3, neuron="lif", weight_bits=4, membrane=Format(6, 4)
    )
    with pytest.raises(ValueError, match=message):
        group(layer, **keywords)
