# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)
"""One neuron between two streams, or several that take turns: what holds of each definition."""

import re
from collections import deque

import pytest

from spikewright_hw.cores import CORES
from spikewright_hw.definition import integers
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.fixed import Format
from spikewright_hw.neuron import DEFINITIONS
from spikewright_hw.neuron.component import NeuronCore

from .simulation import Simulator

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


def made(name: str, *, interleave: int = 1) -> NeuronCore:
    fixed = FixedNeuron.of(DEFINITIONS[name], Arithmetic(format=Format(8, 6)))
    return NeuronCore(fixed, interleave=interleave)


def steps(core: NeuronCore, payloads: list) -> list[dict[str, int]]:
    """Return what the definition says of each step, the neurons taking turns."""
    fixed = core.fixed
    names = list(fixed.definition.inputs)
    turns = deque(integers.start(fixed) for _ in range(core.interleave))
    outputs = []
    for payload in payloads:
        inputs = payload if len(names) > 1 else {names[0]: payload}
        states, spike = integers.step(fixed, turns.popleft(), inputs)
        turns.append(states)
        outputs.append(states | ({"spike": int(spike)} if fixed.definition.spikes else {}))
    return outputs


def payloads(core: NeuronCore, rng) -> list:
    """Runs into saturation, then random inputs of all sizes."""
    form, names = core.fixed.format, list(core.fixed.definition.inputs)
    rows = [[form.max] * len(names)] * 8 + [[form.min] * len(names)] * 8
    for size in (form.max, form.one):
        rows += [[rng.randint(-size, size) for _ in names] for _ in range(40)]
    return [row[0] if len(names) == 1 else dict(zip(names, row, strict=True)) for row in rows]


def follows(core: NeuronCore, exchange, rng, *, stall: float) -> None:
    sent = payloads(core, rng)
    owed = len(sent) - core.interleave + 1  # the last ones wait for those after them
    given = exchange(core, send={"i": sent}, take={"o": owed}, stall=stall)
    assert given["o"] == steps(core, sent)[:owed]


def simulate(core: NeuronCore, testbench) -> None:
    simulator = Simulator(core)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()


def test_every_definition_is_a_core():
    assert {name for name, core in CORES.items() if core.family == "neuron"} == set(DEFINITIONS)


#: Each preset under stalls; without them, as its testbench runs for longer, where it may be slow.
STALLED = [
    pytest.param(*case, stall, marks=pytest.mark.slow if stall == 0.0 and at else [])
    for stall in (0.5, 0.0)
    for at, case in enumerate(CASES)
]


@pytest.mark.parametrize(("name", "preset", "stall"), STALLED)
def test_core_follows_definition(name, preset, stall, exchange, rng):
    follows(build(name, preset), exchange, rng, stall=stall)


@pytest.mark.parametrize("interleave", [2, 3, 6])
@pytest.mark.parametrize("name", ["lif", "alpha", "adex", "izhikevich", "lif_refractory", "clif"])
def test_neurons_that_take_turns_do_not_meet(name, interleave, exchange, rng):
    follows(made(name, interleave=interleave), exchange, rng, stall=0.3)


@pytest.mark.parametrize("rounding", ["half_up", "floor"])
@pytest.mark.parametrize("saturation", ["full", "symmetric", "positive"])
def test_rounding_and_saturation_are_parameters(rounding, saturation, exchange, rng):
    core = CORES["cuba_lif"].module.core(
        format=Format(5, 3), rounding=rounding, saturation=saturation
    )
    follows(core, exchange, rng, stall=0.0)


@pytest.mark.parametrize(("name", "preset"), CASES)
def test_an_offer_does_not_wait_for_ready_and_a_step_takes_a_cycle(name, preset):
    core = build(name, preset)

    async def testbench(ctx):
        ctx.set(core.i.valid, 1)
        for _ in range(core.interleave):
            assert ctx.get(core.i.ready)
            assert not ctx.get(core.o.valid)
            await ctx.tick()
        assert ctx.get(core.o.valid)
        assert not ctx.get(core.i.ready)
        ctx.set(core.o.ready, 1)
        for _ in range(5):
            assert ctx.get(core.i.ready)
            assert ctx.get(core.o.valid)
            await ctx.tick()

    simulate(core, testbench)


def test_a_neuron_starts_where_it_rests():
    core = build("izhikevich", "q8_8")

    async def testbench(ctx):
        assert ctx.get(core.o.payload.v) == core.fixed.start("v") < 0

    simulate(core, testbench)


def test_a_core_needs_a_neuron():
    with pytest.raises(ValueError, match=r"^interleave is 0; at least one neuron takes its turn$"):
        made("lif", interleave=0)


def test_one_neuron_has_one_number_for_each_parameter():
    fixed = FixedNeuron.of(
        DEFINITIONS["lif"], Arithmetic(format=Format(8, 8)), {"decay": (0.5, 0.75)}
    )
    message = (
        "lif has parameters that differ between neurons; "
        "a single neuron takes one number for each, an array takes them all"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        NeuronCore(fixed)
