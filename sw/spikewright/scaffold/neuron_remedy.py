"""What integers make of a neuron beside real numbers, and what was seen to make it better."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from spikewright_hw.definition.dead_zone import DeadZone, dead_zone
from spikewright_hw.definition.definition import Definition
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.fixed import Format

from ..equations.agreement import BOUND, Agreement
from ..equations.movement import movements
from ..equations.trial import Trial

__all__ = ["compared", "finer", "remedy", "slowest"]

#: More fraction bits, and more digits of the coefficients, that are tried in search of a remedy.
_FINER = (2, 4, 8)
_DIGITS = (5, 6, 8)


def slowest(definition: Definition, format: Format) -> Iterator[str]:
    """Return a line for each state: the slowest that moves it."""
    for name, one in movements(Trial.of(definition, format)).items():
        if one.term:
            form = Format(format.integer, format.fraction + definition.states[name].guard)
            yield (
                f"  slowest of {name}: its term {one.term}, at most {one.size:.3g} in a step, "
                f"which is {one.size / form.real(1):.3g} steps of {form}"
            )


def compared(definition: Definition, format: Format) -> Iterator[str]:
    """Return the spikes in integers and in real numbers, and what brings them closer if need be."""
    current = Trial.of(definition, format).driving
    arithmetic = Arithmetic(format=format)
    seen = Agreement.of(definition, arithmetic, current=current)
    words = f"  {seen.steps:,} steps with a current of {seen.current:g}"
    if definition.spikes:
        words += f": {seen.real} spikes in real numbers, {seen.integer} in integers"
    off = {name: share for name, share in seen.off.items() if share > BOUND}
    for name, share in off.items():
        words += f"; {name} is off by {share:.2g} of its way to the first spike"
    if not off and seen.close:
        yield words if definition.spikes else f"{words}: integers go as real numbers do"
        return

    def cured(finer: Arithmetic) -> bool:
        again = Agreement.of(definition, finer, current=current)
        return again.close and max(again.off.values()) <= BOUND

    yield f"{words}: warning: that is more than {BOUND:.0%}; {remedy(arithmetic, cured)}"


def finer(zone: DeadZone, fixed: FixedNeuron) -> str:
    """Return what makes a current move the state that does not; empty if nothing tried does."""
    lost = fixed.format.real(zone.lost)

    def cured(arithmetic: Arithmetic) -> bool:
        again = dead_zone(FixedNeuron.of(fixed.definition, arithmetic), state=zone.state)
        moving = again.up if lost > 0 else again.down
        return moving is not None and abs(arithmetic.format.real(moving)) <= abs(lost)

    return remedy(fixed.arithmetic, cured)


def remedy(arithmetic: Arithmetic, cures: Callable[[Arithmetic], bool]) -> str:
    """Return the words for the first arithmetic of a few that was seen to cure."""
    format = arithmetic.format
    for more in _FINER:
        wider = Format(format.integer, format.fraction + more)
        if _holds(cures, replace(arithmetic, format=wider)):
            return f"with {wider} as the format, it is not so"
    for digits in _DIGITS:
        if _holds(cures, replace(arithmetic, digits=digits)):
            return f"with digits={digits} in PRESETS, which coefficients then have, it is not so"
    return "neither a few more fraction bits nor more digits of the coefficients were seen to help"


def _holds(cures: Callable[[Arithmetic], bool], arithmetic: Arithmetic) -> bool:
    try:
        return cures(arithmetic)
    except ValueError:  # it cannot be computed so
        return False
