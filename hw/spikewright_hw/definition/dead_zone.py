"""The dead zone of a neuron: constant currents that rounding takes away.

A state that moves by less than a step of its format is rounded back to where it was, and it is
there again in the next step: such a current never moves it, however long it lasts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from . import integers
from .expression import Expression, Operations
from .fixed_point import FixedNeuron
from .graph import evaluate

__all__ = ["DeadZone", "dead_zone"]

#: Steps within which a neuron comes to rest, or to a cycle.
_SETTLING = 1_000_000
#: Currents from zero on of which each is tried for another state than the membrane.
_EACH = 64


@dataclass(frozen=True)
class DeadZone:
    """What a neuron does with small constant currents; all numbers are stored integers.

    Parameters
    ----------
    state : str
        The state that is watched.
    rest : mapping of str to int
        The states without any current: where the neuron comes to rest, or the first states of a
        cycle that it runs through by itself.
    up, down : int or None
        The positive and the negative current nearest to zero that moves the state; None if none
        that was tried does.
    lost : int
        The current before ``up`` or ``down`` that this state loses, or some state; of two such the
        one that is farther from zero. 0 if both are next to zero.
    lost_in : str
        The state whose rounding takes that current away; empty if it reaches no state at all.
    share : Fraction
        The most that is rounded away there in a step, in steps of that state; a whole step and more
        if the state is at the end of its format, and saturates instead.
    """

    state: str
    rest: Mapping[str, int]
    up: int | None
    down: int | None
    lost: int
    lost_in: str
    share: Fraction


def dead_zone(fixed: FixedNeuron, *, source: str = "i", state: str = "v") -> DeadZone:
    """Search the currents from zero on, in both directions.

    Every current up to the first that moves the membrane is run until the states repeat, so no
    assumption is made of the neuron: it need not be monotone, nor come to rest. Another state may
    take currents that make the neuron spike; the first few are tried for it one by one, and then by
    doubling and halving, as if whatever is larger than a current that moves it did so, too.

    Parameters
    ----------
    fixed : FixedNeuron
        The neuron; parameters that differ between neurons are taken of the first.
    source : str
        The input that is driven; all others are zero.
    state : str
        The state that is watched; the membrane if not given.

    Raises
    ------
    ValueError
        There is no such input or state, or the neuron neither comes to rest nor repeats itself.
    """
    if source not in fixed.definition.inputs:
        known = ", ".join(fixed.definition.inputs)
        raise ValueError(f"{fixed.definition.name} has no input {source}; it has {known}")
    if state not in fixed.definition.states:
        known = ", ".join(fixed.definition.states)
        raise ValueError(f"{fixed.definition.name} has no state {state}; it has {known}")
    search = _Search(fixed, source, state)
    up = search.first(range(1, fixed.format.max + 1))
    down = search.first(range(-1, fixed.format.min - 1, -1))
    dead = (
        fixed.format.max if up is None else up - 1,
        fixed.format.min if down is None else down + 1,
    )
    found = [
        (current, *search.lost(current)) if current else (0, "", Fraction(0))
        for current in sorted(dead, key=abs, reverse=True)
    ]
    lost = min(found, key=lambda one: (one[1] != state, not one[1]))
    return DeadZone(state, search.cycle[0], up, down, *lost)


class _Exact(Operations):
    @staticmethod
    def where(condition: int, yes: int, no: int) -> int:
        return yes if condition else no


class _Search:
    def __init__(self, fixed: FixedNeuron, source: str, watched: str):
        self._fixed = fixed
        self._source = source
        self._watched = watched
        #: The states without any current, from when they repeat on.
        self.cycle = self._settle()

    def _step(self, states: Mapping[str, int], current: int) -> dict[str, int]:
        return integers.step(self._fixed, states, self._inputs(current))[0]

    def _inputs(self, current: int) -> dict[str, int]:
        return dict.fromkeys(self._fixed.definition.inputs, 0) | {self._source: current}

    def _settle(self) -> list[dict[str, int]]:
        states = integers.start(self._fixed)
        seen: dict[tuple, int] = {}
        path = []
        while len(path) < _SETTLING:
            key = tuple(states.values())
            if key in seen:
                return path[seen[key] :]
            seen[key] = len(path)
            path.append(states)
            states = self._step(states, 0)
        raise ValueError(
            f"{self._fixed.definition.name} neither comes to rest nor repeats itself in "
            f"{_SETTLING:,} steps without input"
        )

    def first(self, currents: range) -> int | None:
        """Return the first current that moves the state."""
        each = currents if self._watched == "v" else currents[:_EACH]
        found = next((current for current in each if self._moves(current)), None)
        if found is not None or len(each) == len(currents):
            return found
        still, moving = len(each) - 1, len(each)  # places
        while moving < len(currents) and not self._moves(currents[moving]):
            still, moving = moving, 2 * moving
        moving = min(moving, len(currents) - 1)
        if not self._moves(currents[moving]):
            return None
        while moving - still > 1:
            middle = (still + moving) // 2
            still, moving = (still, middle) if self._moves(currents[middle]) else (middle, moving)
        return currents[moving]

    def _moves(self, current: int) -> bool:
        return self._run(current) is None

    def _run(self, current: int) -> tuple[dict[str, int], int] | None:
        """Return the states that a current leads to in the end, and their phase in the cycle.

        None if the current moves the state.
        """
        states, phase, seen = self.cycle[0], 0, set()
        while (key := (phase, *states.values())) not in seen:
            seen.add(key)
            states = self._step(states, current)
            phase = (phase + 1) % len(self.cycle)
            if states[self._watched] != self.cycle[phase][self._watched]:
                return None
        return states, phase

    def lost(self, current: int) -> tuple[str, Fraction]:
        """Return the state whose rounding loses a current that moves nothing, and what it loses."""
        end = self._run(current)
        assert end is not None, "only a current that moves nothing is lost"
        states, phase = end
        lost = dict.fromkeys(states, Fraction(0))
        while True:  # once through the cycle that the current leads to
            still = self.cycle[phase]
            for name in lost:
                if states[name] == still[name]:
                    share = self._exact(name, states, current) - self._exact(name, still, 0)
                    lost[name] = max(lost[name], share, key=abs)
            states = self._step(states, current)
            phase = (phase + 1) % len(self.cycle)
            if (states, phase) == end:
                break
        for name in sorted(lost, key=lambda name: name != self._watched):
            if lost[name]:
                return name, lost[name]
        return "", Fraction(0)

    def _exact(self, name: str, states: Mapping[str, int], current: int) -> Fraction:
        """Return the next value of a state before it is rounded, in its steps."""
        vectors = {word: values[0] for word, values in self._fixed.vectors.items()}
        leaves = {**states, **vectors, **self._inputs(current)}

        def value(node: Expression) -> int:
            return evaluate({"": node}, leaves, _Exact())[""]

        node = self._fixed.update[name]
        while node.operation == "where":
            condition, yes, no = node.operands
            node = yes if value(condition) else no
        if node.operation == "shift_right":
            inner, by = node.operands
            return Fraction(value(inner), 1 << by)
        return Fraction(value(node))
