"""What a definition becomes at a number format: widths, ranges, tables, rest and dead zone."""

from collections.abc import Callable, Iterator, Mapping

from spikewright_hw.definition import reals
from spikewright_hw.definition.dead_zone import DeadZone, dead_zone
from spikewright_hw.definition.definition import Definition
from spikewright_hw.definition.expression import Expression
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.definition.graph import evaluate, operands, operands_first
from spikewright_hw.definition.interval import Interval, IntervalOperations
from spikewright_hw.fixed import Format

from .neuron_remedy import compared, finer, remedy, slowest

__all__ = ["report"]

#: Steps that the equations are given to come to rest in real numbers.
_SETTLING = 20_000
#: A rest may be off by this many steps of the format, and not be worth a word.
_NEAR = 2


def report(definition: Definition, format: Format) -> list[str]:
    """Return the lines of a report on a definition with its default parameters."""
    fixed = FixedNeuron.of(definition, Arithmetic(format=format))
    zone = dead_zone(fixed)
    return [
        f"{definition.name} in {format}",
        *_states(fixed),
        *slowest(definition, format),
        *_tables(fixed),
        *_rest(fixed, zone),
        *_dead_zone(fixed, zone),
        *_other_dead_zones(fixed),
        *compared(definition, format),
        *_intermediates(fixed),
    ]


def _states(fixed: FixedNeuron) -> Iterator[str]:
    ranges = fixed.ranges()
    for name, form in fixed.formats.items():
        low, high = (form.real(end) for end in fixed.bounds[name])
        reached = ranges[name]
        yield (
            f"  state {name}: {form}, {low:g} to {high:g} in steps of {form.real(1):g}; before it "
            f"saturates within {form.real(reached.low):g} to {form.real(reached.high):g}, which "
            f"takes {max(1, reached.width - form.fraction)} integer bits"
        )


def _tables(fixed: FixedNeuron) -> Iterator[str]:
    for table in fixed.tables:
        unit = 2.0**-table.argument
        yield (
            f"  table {table.function}: {len(table.segments)} segments from {table.low * unit:g} "
            f"to {table.high * unit:g}, off by at most {table.error:.3g}, which is "
            f"{table.steps:.2g} steps of {table.state}"
        )


def _rest(fixed: FixedNeuron, zone: DeadZone) -> Iterator[str]:
    exact = _real_rest(fixed)
    for name, stored in zone.rest.items():
        form = fixed.formats[name]
        words = f"  rest: {name} = {form.real(stored):g}"
        if exact is None:
            yield f"{words}; in real numbers it does not come to rest"
        elif abs(exact[name] - form.real(stored)) > _NEAR * fixed.format.real(1):
            yield (
                f"{words}, where the equations have {exact[name]:g}: warning: the coefficients are "
                f"rounded, which moves it; {remedy(fixed.arithmetic, _at_rest(fixed, exact))}"
            )
        else:
            yield words


def _at_rest(fixed: FixedNeuron, exact: Mapping[str, float]) -> Callable[[Arithmetic], bool]:
    """Return what tells whether another arithmetic comes as near to the rest as is asked for."""

    def cures(arithmetic: Arithmetic) -> bool:
        again = FixedNeuron.of(fixed.definition, arithmetic)
        return all(
            abs(exact[name] - again.formats[name].real(stored)) <= _NEAR * fixed.format.real(1)
            for name, stored in dead_zone(again).rest.items()
        )

    return cures


def _real_rest(fixed: FixedNeuron) -> dict[str, float] | None:
    """Return where the equations rest without input; None if they do not within some time."""
    values = {name: float(value) for name, value in fixed.parameters.items()}  # pyright: ignore
    states = reals.start(fixed.definition, values)
    still = dict.fromkeys(fixed.definition.inputs, 0.0)
    for _ in range(_SETTLING):
        before = states
        states, spike = reals.step(fixed.definition, states, still, values)
        if not spike and all(abs(states[name] - before[name]) < 1e-9 for name in states):
            return states
    return None


def _dead_zone(fixed: FixedNeuron, zone: DeadZone) -> Iterator[str]:
    real = fixed.format.real
    for word, current in (("upward", zone.up), ("downward", zone.down)):
        if current is None:
            yield f"  warning: no constant current of {fixed.format} moves v {word} from rest"
        else:
            yield (
                f"  the smallest constant current that moves v {word} from rest: "
                f"{real(current):g}, which is {_steps(current)}"
            )
    if not zone.lost:
        return
    yield _lost(fixed, zone)


def _other_dead_zones(fixed: FixedNeuron) -> Iterator[str]:
    """Return a line for each state but the membrane, and one where rounding takes a current away.

    A state that a current does not reach, but the neuron's own spikes do, loses nothing.
    """
    real = fixed.format.real
    for name, state in fixed.definition.states.items():
        if name == "v" or state.bits is not None:
            continue
        zone = dead_zone(fixed, state=name)
        ends = [f"{real(end):g} ({_steps(end)})" for end in (zone.up, zone.down) if end is not None]
        if ends:
            yield f"  the smallest constant currents that move {name}: {' and '.join(ends)}"
        else:
            yield f"  no constant current of {fixed.format} was seen to move {name}"
        if zone.lost_in == name:
            yield _lost(fixed, zone)


def _lost(fixed: FixedNeuron, zone: DeadZone) -> str:
    of = "" if zone.state == "v" else f" of {zone.state}"
    current = fixed.format.real(zone.lost)
    words = f"  warning: dead zone{of}: of a current of {current:g} ({_steps(zone.lost)})"
    if abs(zone.share) >= 1:
        return f"{words} nothing is left in {zone.lost_in}, which is at the end of its format"
    if zone.lost_in:
        return (
            f"{words} {float(zone.share):.3g} of a step arrives at {zone.lost_in}, and its "
            f"rounding takes that away; {finer(zone, fixed)}"
        )
    return f"{words} nothing arrives at any state; the equations or a table are flat there"


def _steps(current: int) -> str:
    return f"{current} {'step' if abs(current) == 1 else 'steps'}"


def _intermediates(fixed: FixedNeuron) -> Iterator[str]:
    """Return a line for each value in the program, with its width and its range."""
    names: dict[Expression, str] = {}
    lines: dict[str, Expression] = {}
    for node in operands_first(fixed.update.values()):
        if node.operation in ("leaf", "constant"):
            names[node] = str(node.operands[0])
            continue
        words = ["..." if isinstance(one, tuple) else str(one) for one in operands(node, names)]
        names[node] = f"%{len(lines)}"
        lines[f"{names[node]} = {node.operation} {' '.join(words)}"] = node
    intervals: dict[str, Interval] = evaluate(lines, fixed.leaf_ranges(), IntervalOperations())
    yield (
        f"  program: {len(lines)} operations on integers, the widest of {fixed.widest()} bits; no "
        "value is ever wider than this says"
    )
    for text, interval in intervals.items():
        yield f"    {text:40} {interval.width:3} bits, {interval.low} to {interval.high}"
    ends = (f"{name} = {names[node]}" for name, node in fixed.update.items())
    yield f"    {', '.join(ends)}"
