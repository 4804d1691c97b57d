"""A neuron's response three times: its equations, its integers and its gateware, simulated."""

from collections.abc import Mapping
from typing import Any

from amaranth.sim import Simulator

from spikewright_hw.definition import reals
from spikewright_hw.definition.fixed_point import FixedNeuron
from spikewright_hw.neuron.component import NeuronCore

from ..errors import BuildError
from ..record.response_plot import Response, Waveform
from .stimulus import Stimulus, run_integers, stimuli

__all__ = ["respond", "responses", "simulated"]

#: Stored states after a step, and whether it spiked.
Stored = tuple[Mapping[str, int], bool]


def responses(fixed: FixedNeuron) -> tuple[Response, ...]:
    """Return the responses to a step of current and to a train of spikes; see :func:`respond`."""
    return tuple(respond(fixed, stimulus) for stimulus in stimuli(fixed))


def respond(fixed: FixedNeuron, stimulus: Stimulus) -> Response:
    """Run a stimulus on the equations, on the integers and on the gateware.

    Raises :exc:`BuildError` unless the gateware equals the integers in every step.
    """
    stored = run_integers(fixed, stimulus)
    gateware = simulated(fixed, stimulus)
    for step, (expected, given) in enumerate(zip(stored, gateware, strict=True)):
        if expected != given:
            raise BuildError(
                f"{fixed.definition.name}: after step {step} the gateware has {_words(*given)}, "
                f"the integers have {_words(*expected)}; this is a defect of one of them"
            )
    return Response(
        title=stimulus.title,
        pulses=stimulus.pulses,
        inputs={
            name: tuple(map(fixed.format.real, values)) for name, values in stimulus.inputs.items()
        },
        runs={
            "float": _run(_reals(fixed, stimulus)),
            "integer": _run([(_real(fixed, states), spike) for states, spike in stored]),
            "gateware": _run([(_real(fixed, states), spike) for states, spike in gateware]),
        },
    )


def _reals(fixed: FixedNeuron, stimulus: Stimulus) -> list[tuple[Mapping[str, float], bool]]:
    parameters: dict[str, Any] = dict(fixed.parameters)
    states, spiked = reals.start(fixed.definition, parameters), False
    steps = []
    for step in range(len(stimulus)):
        given = stimulus.at(step, spiked=spiked)
        inputs = {name: fixed.format.real(value) for name, value in given.items()}
        states, spiked = reals.step(fixed.definition, states, inputs, parameters)
        steps.append((states, spiked))
    return steps


def simulated(fixed: FixedNeuron, stimulus: Stimulus) -> list[Stored]:
    """Simulate the core in Amaranth's own simulator."""
    core = NeuronCore(fixed)
    steps: list[Stored] = []

    async def bench(ctx):
        spiked = False
        ctx.set(core.o.ready, 1)
        ctx.set(core.i.valid, 1)
        for step in range(len(stimulus)):
            given = stimulus.at(step, spiked=spiked)
            ctx.set(core.i.payload, given if len(given) > 1 else next(iter(given.values())))
            await ctx.tick()
            after = {name: ctx.get(core.o.payload[name]) for name in fixed.formats}
            spiked = bool(fixed.definition.spikes and ctx.get(core.o.payload.spike))
            steps.append((after, spiked))

    simulator = Simulator(core)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return steps


def _real(fixed: FixedNeuron, states: Mapping[str, int]) -> dict[str, float]:
    return {name: fixed.formats[name].real(value) for name, value in states.items()}


def _run(steps: list[tuple[Mapping[str, float], bool]]) -> Waveform:
    names = steps[0][0]
    return Waveform(
        states={name: tuple(states[name] for states, _ in steps) for name in names},
        spikes=tuple(step for step, (_, spike) in enumerate(steps) if spike),
    )


def _words(states: Mapping[str, int], spike: bool) -> str:
    values = ", ".join(f"{name} = {value}" for name, value in states.items())
    return f"{values} and {'a' if spike else 'no'} spike"
