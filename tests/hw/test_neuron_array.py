# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)
"""Many neurons that share one updater."""

import re

import pytest

from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.engine.neuron_array import PRESETS, ArrayReference, NeuronArray, core
from spikewright_hw.fixed import Format
from spikewright_hw.neuron import DEFINITIONS

from .simulation import Simulator


def payloads(array: NeuronArray, rng, *, rounds: int) -> list[dict[str, int]]:
    form = array.fixed.format
    return [
        {"start": int(rng.random() < 0.1)}
        | {
            name: rng.choice([rng.randint(form.min, form.max), rng.randint(-form.one, form.one)])
            for name in array.fixed.definition.inputs
        }
        for _ in range(rounds * array.neurons)
    ]


def follows(array: NeuronArray, exchange, rng, *, stall, rounds: int) -> None:
    sent = payloads(array, rng, rounds=rounds)
    reference = ArrayReference(array.fixed, neurons=array.neurons)
    given = exchange(array, send={"i": sent}, take={"o": len(sent)}, stall=stall)
    assert given["o"] == [reference.step(payload) for payload in sent]


@pytest.mark.parametrize("preset", PRESETS)
def test_array_follows_its_reference(preset, exchange, rng):
    array = core(**PRESETS[preset])
    follows(array, exchange, rng, stall=(0.0, 0.5), rounds=2 * max(3, 150 // array.neurons))


@pytest.mark.parametrize("name", DEFINITIONS)
def test_every_neuron_runs_in_an_array(name, exchange, rng):
    """With as many stages as five neurons allow, so that each is cut somewhere else."""
    array = core(neuron=name, neurons=5, format=Format(8, 6))
    follows(array, exchange, rng, stall=0.2, rounds=12)


@pytest.mark.parametrize("stages", [1, 2, 3, 7])
def test_any_number_of_stages_gives_the_same(stages, exchange, rng):
    array = core(neuron="cuba_lif", neurons=8, format=Format(6, 4), stages=stages)
    follows(array, exchange, rng, stall=0.3, rounds=20)


def test_the_answer_comes_after_the_stages(exchange):
    """A step's result is offered ``stages + 1`` cycles after its input, and then one a cycle."""

    array = core(neuron="lif", neurons=6, format=Format(6, 2), stages=3)
    offered = []

    async def testbench(ctx):
        ctx.set(array.i.valid, 1)
        ctx.set(array.o.ready, 1)
        for _ in range(10):
            offered.append(ctx.get(array.o.valid))
            await ctx.tick()

    simulator = Simulator(array)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    assert offered == [0] * 4 + [1] * 6


def test_neurons_may_differ():
    """One step of a constant current: each neuron leaks by its own time constant."""
    fixed = FixedNeuron.of(
        DEFINITIONS["lapicque"],
        Arithmetic(format=Format(4, 8)),
        {"capacitance": (2.0, 4.0, 8.0)},
    )
    reference = ArrayReference(fixed, neurons=3)
    first = [reference.step({"start": 0, "i": 128})["v"] for _ in range(3)]
    assert first[0] > first[1] > first[2] > 0


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"neurons": 1}, "an array has at least two neurons, not 1"),
        (
            {"neurons": 4, "stages": 4},
            (
                "an array of 4 neurons has 1 to 3 stages, not 4; "
                "a neuron's step must be done before its next one"
            ),
        ),
        (
            {"neurons": 4, "stages": 0},
            (
                "an array of 4 neurons has 1 to 3 stages, not 0; "
                "a neuron's step must be done before its next one"
            ),
        ),
        (
            {"neurons": 4, "decay": (0.5, 0.75)},
            "lif has parameters of 2 neurons (constant_0), and the array has 4",
        ),
    ],
)
def test_what_makes_no_array_is_refused(keywords, message):
    shape = {name: keywords[name] for name in ("neurons", "stages") if name in keywords}
    parameters = {name: value for name, value in keywords.items() if name not in shape}
    fixed = FixedNeuron.of(DEFINITIONS["lif"], Arithmetic(format=Format(8, 8)), parameters)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        NeuronArray(fixed, **shape)


def test_an_unknown_neuron_is_refused():
    with pytest.raises(ValueError, match=r"^there is no neuron 'lief'; did you mean lif\?$"):
        core(neuron="lief", neurons=4, format=Format(8, 8))
