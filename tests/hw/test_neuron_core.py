"""One neuron behind a stream: what holds for each, whatever its definition."""

import pytest
from amaranth.sim import Simulator

from spikewright_hw.cores import CORES
from spikewright_hw.definition import integers
from spikewright_hw.neuron import DEFINITIONS
from spikewright_hw.neuron.core import NeuronCore

CASES = [
    (name, preset)
    for name, core in CORES.items()
    if core.family == "neuron"
    for preset in core.presets
]


def build(name: str, preset: str) -> NeuronCore:
    core = CORES[name].build(preset)
    assert isinstance(core, NeuronCore)
    return core


def steps(core: NeuronCore, currents: list[int]) -> list[dict[str, int]]:
    """Give what the definition says of each step."""
    states = integers.start(core.definition)
    outputs = []
    for current in currents:
        states, spike = integers.step(
            core.definition, states, current, parameters=core.parameters, format=core.format
        )
        outputs.append(states | ({"spike": int(spike)} if core.definition.spikes else {}))
    return outputs


def simulate(core: NeuronCore, testbench) -> None:
    simulator = Simulator(core)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()


def test_every_definition_is_a_core():
    assert {name for name, core in CORES.items() if core.family == "neuron"} == set(DEFINITIONS)


@pytest.mark.parametrize("stall", [0.0, 0.5])
@pytest.mark.parametrize(("name", "preset"), CASES)
def test_core_follows_definition(name, preset, stall, exchange, rng):
    core = build(name, preset)
    form = core.format
    currents = [form.max] * 6 + [form.min] * 6
    currents += [rng.randint(form.min, form.max) for _ in range(60)]
    currents += [rng.randint(-form.one, form.one) for _ in range(60)]
    given = exchange(core, send={"i": currents}, take={"o": len(currents)}, stall=stall)
    assert given["o"] == steps(core, currents)


@pytest.mark.parametrize(("name", "preset"), CASES)
def test_an_offer_does_not_wait_for_ready(name, preset):
    core = build(name, preset)

    async def testbench(ctx):
        ctx.set(core.i.valid, 1)
        assert ctx.get(core.i.ready)
        await ctx.tick()
        assert ctx.get(core.o.valid)
        assert not ctx.get(core.i.ready)

    simulate(core, testbench)


@pytest.mark.parametrize(("name", "preset"), CASES)
def test_a_step_takes_a_cycle(name, preset):
    core = build(name, preset)

    async def testbench(ctx):
        ctx.set(core.i.valid, 1)
        ctx.set(core.o.ready, 1)
        assert not ctx.get(core.o.valid)
        for _ in range(5):
            assert ctx.get(core.i.ready)
            await ctx.tick()
            assert ctx.get(core.o.valid)

    simulate(core, testbench)
