"""What the tests of the neurons share: equations in real arithmetic, and integers against them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from math import ceil
from random import Random
from typing import Any, NamedTuple

from spikewright_hw.cores import CORES
from spikewright_hw.definition import integers, reals
from spikewright_hw.definition.definition import Definition
from spikewright_hw.definition.expression import Expression, Operations
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.definition.graph import evaluate, operands_first
from spikewright_hw.fixed import Format

__all__ = [
    "Step",
    "agree",
    "at_threshold",
    "driven",
    "gaps",
    "of_preset",
    "products",
    "run",
    "settled",
    "silent",
    "spikes",
    "stored",
    "unlimited",
    "wide",
]

#: Distance of a coefficient from its digits, of which :func:`wide` has more than enough.
COEFFICIENT = 2.0**-24
WIDE = Format(12, 16)


class Step(NamedTuple):
    """What a step left."""

    states: dict[str, float]
    spike: bool


def run(
    definition: Definition, inputs: Iterable[Any], *, states: Any = None, **parameters: float
) -> list[Step]:
    """Run the equations in real numbers, from the start or from ``states``.

    An input is a number for ``i``, or a mapping.
    """
    values: dict[str, Any] = definition.values(parameters)
    if states is None:
        states = reals.start(definition, values)
    steps = []
    for one in inputs:
        given = one if isinstance(one, Mapping) else {"i": one}
        states, spike = reals.step(definition, states, given, values)
        steps.append(Step(states, spike))
    return steps


def stored(fixed: FixedNeuron, inputs: Iterable[Any]) -> list[Step]:
    """Run the integers from the start; inputs and states are real numbers."""
    states = integers.start(fixed)
    steps = []
    for one in inputs:
        given = one if isinstance(one, Mapping) else {"i": one}
        given = {name: fixed.format.quantize(value) for name, value in given.items()}
        states, spike = integers.step(fixed, states, given)
        real = {name: fixed.formats[name].real(value) for name, value in states.items()}
        steps.append(Step(real, spike))
    return steps


def spikes(steps: Iterable[Step]) -> list[int]:
    """Return the steps that spiked."""
    return [time for time, step in enumerate(steps) if step.spike]


def gaps(steps: Iterable[Step]) -> list[int]:
    """Return the steps from each spike to the next."""
    return [b - a for a, b in pairwise(spikes(steps))]


def of_preset(name: str, preset: str) -> FixedNeuron:
    """Return the integers of a core."""
    return CORES[name].build(preset).fixed  # pyright: ignore


def wide(definition: Definition, format: Format = WIDE, /, **given: float) -> FixedNeuron:
    """Return a neuron whose coefficients are all but exact."""
    return FixedNeuron.of(definition, Arithmetic(format=format, digits=24), given)


def unlimited(definition: Definition, *, limit: float) -> Definition:
    """Return a neuron whose only minimum() has another limit."""

    def visit(node: Any) -> Any:
        if not isinstance(node, Expression):
            return node
        if node.operation == "minimum":
            return Expression("minimum", node.operands[0], Expression.of(limit))
        return Expression(node.operation, *map(visit, node.operands))

    return replace(definition, update={name: visit(x) for name, x in definition.update.items()})


def products(update: Mapping[str, Expression]) -> int:
    """Count the products of two values in a program."""
    return sum(node.operation == "multiply" for node in operands_first(update.values()))


# What every neuron does ---------------------------------------------------------------------------


def silent(name: str, *, steps: int = 400) -> None:
    """In every preset it stays silent without input."""
    for preset in CORES[name].presets:
        fixed = of_preset(name, preset)
        assert spikes(stored(fixed, [dict.fromkeys(fixed.definition.inputs, 0.0)] * steps)) == []


def at_threshold(name: str, threshold: str, less: str | None = None, **states: int) -> set[bool]:
    """Return whether it spikes where the membrane, as it is stored, just reaches the threshold.

    ``threshold`` and ``less`` name parameters; the threshold is their difference. Every preset is
    asked, at 50 random states but for those given.
    """
    found = set()
    for preset in CORES[name].presets:
        fixed = of_preset(name, preset)
        definition, parameters = fixed.definition, fixed.parameters
        update = dict(definition.update)
        while update["v"].operation == "where":
            update["v"] = update["v"].operands[2]  # without the reset
        free = FixedNeuron.of(replace(definition, update=update), fixed.arithmetic, parameters)
        value: Any = parameters[threshold]
        level = fixed.format.quantize(value)
        if less is not None:  # the difference need not lie on the grid
            level = ceil((value - float(parameters[less])) * fixed.format.one)  # pyright: ignore
        rng = Random(name)
        for _ in range(50):
            leaves = {one: _draw(rng, form, 3) for one, form in fixed.formats.items()}
            leaves |= {one: _draw(rng, fixed.format, 3) for one in definition.inputs}
            leaves |= states
            for word in (next(iter(definition.inputs)), "v"):
                found |= _spikes_at(fixed, free, leaves, word, level)
    return found


def _spikes_at(
    fixed: FixedNeuron, free: FixedNeuron, leaves: dict[str, int], word: str, level: int
) -> set[bool]:
    """Look for the value of a leaf that brings the membrane just to a level."""

    def membrane(x: int) -> int:
        return evaluate({"": free.update["v"]}, leaves | {word: x}, _Exact())[""]

    low, high = fixed.format.min, fixed.format.max
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if membrane(middle) < level else (low, middle)
    if membrane(low) != level:
        return set()
    values = leaves | {word: low}
    _, spike = integers.step(fixed, {one: values[one] for one in fixed.formats}, values)
    return {spike}


class _Exact(Operations):
    @staticmethod
    def where(condition: bool, yes: int, no: int) -> int:
        return yes if condition else no


def settled(fixed: FixedNeuron) -> dict[str, float]:
    """Return where it comes to rest without input, once it does not move any more."""
    steps = stored(fixed, [dict.fromkeys(fixed.definition.inputs, 0.0)] * 2000)
    assert all(step.states == steps[-1].states for step in steps[-100:])
    return steps[-1].states


def driven(name: str, *, low: float, steps: int = 200, rate: float = 0.5, **inputs: float) -> None:
    """In every preset the strongest drive makes it spike, and the membrane stays above ``low``.

    A membrane that wrapped would be found near the format's lower end.
    """
    for preset in CORES[name].presets:
        fixed = of_preset(name, preset)
        full = fixed.format.real(fixed.format.max)
        given = dict.fromkeys(fixed.definition.inputs, full) | inputs
        trace = stored(fixed, [given] * steps)
        assert min(step.states["v"] for step in trace) >= low
        assert len(spikes(trace)) >= rate * steps


def agree(
    fixed: FixedNeuron,
    rng: Random,
    *,
    extra: Callable[[Mapping[str, float]], Mapping[str, float]] = lambda leaves: {},
) -> None:
    """From 1,000 random states, an integer step is the equations' within what rounding explains.

    Half of the states and inputs go as far as the format does, so that much saturates.

    Parameters
    ----------
    extra : function
        What tables and products add, of each state and of ``"spike"``, given states and inputs.
    """
    definition = fixed.definition
    parameters: dict[str, Any] = definition.values(fixed.parameters)
    finest = 2.0 ** -max(form.fraction for form in fixed.formats.values())
    # What is compared may be rounded first, as it is where it is stored.
    rounding = 2.0 ** -fixed.formats["v"].fraction
    probe = None
    if definition.spikes:
        probe = replace(definition, update={"distance": _distance(definition.update["spike"])})
    for time in range(1000):
        smaller = 6 * (time % 2)
        states = {name: _draw(rng, form, smaller) for name, form in fixed.formats.items()}
        given = {name: _draw(rng, fixed.format, smaller) for name in definition.inputs}
        after, spike = integers.step(fixed, states, given)
        real = {name: fixed.formats[name].real(value) for name, value in states.items()}
        real |= {name: fixed.format.real(value) for name, value in given.items()}
        wanted, wanted_spike = reals.step(definition, real, {}, parameters)
        # A level is off by half the finest step, and each coefficient by its own.
        off = finest / 2 + COEFFICIENT * sum(map(abs, real.values()))
        more = extra(real)
        near = False
        if probe:
            distances, _ = reals.step(probe, real, {}, parameters)
            near = abs(distances["distance"]) <= rounding + 2 * off + more.get("spike", 0.0)
        assert spike == wanted_spike or near
        for name, value in after.items():
            form = fixed.formats[name]
            low, high = (form.real(end) for end in fixed.bounds[name])
            limited = max(low, min(high, wanted[name]))
            bound = 2.0**-form.fraction + 2 * off + more.get(name, 0.0)
            assert near or abs(form.real(value) - limited) <= bound, (name, real)


def _draw(rng: Random, form: Format, smaller: int) -> int:
    value = rng.choice((rng.randint(form.min, form.max), form.min, form.max, 0))
    return value >> smaller


def _distance(condition: Expression) -> Expression:
    """Return how far a comparison is from changing; of several, the first."""
    while condition.operation not in ("greater", "at_least"):
        condition = condition.operands[0]
    return condition.operands[0] - condition.operands[1]
