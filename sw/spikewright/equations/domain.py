"""Where the states and the current can be, and whether the equations make sense there."""

from collections.abc import Mapping
from dataclasses import dataclass

from spikewright_hw.definition.definition import State
from spikewright_hw.fixed import Format

from .names import INPUT
from .place import EquationError
from .ranges import Range, Ranges
from .statements import Statements
from .step import Step

__all__ = ["Domain"]

_REMEDY = "take a wider format by format=, or another unit"


@dataclass(frozen=True)
class Domain:
    """States and current anywhere in a number format, parameters at their values.

    Parameters
    ----------
    format : Format
    statements : Statements
    values : mapping of str to float
        Of the parameters.
    """

    format: Format
    statements: Statements
    values: Mapping[str, float]

    @property
    def full(self) -> Range:
        """What the format holds."""
        return Range(self.format.real(self.format.min), self.format.real(self.format.max))

    def check_start(self, states: Mapping[str, State]) -> None:
        """Raise :exc:`EquationError` if a state starts outside."""
        full = self.full
        for name, state in states.items():
            start = self.values[state.start] if isinstance(state.start, str) else state.start
            if not full.low <= start <= full.high:
                raise EquationError(
                    f"{name} starts at {start:g}, and {self.format} holds {full}; {_REMEDY}"
                )

    def check_equations(self) -> None:
        """Raise :exc:`EquationError` if a right side is not defined everywhere."""
        self._before()

    def check_spike(self, step: Step) -> None:
        """Raise :exc:`EquationError` if a spike never or always happens, or ends outside.

        The threshold and the reset read the states as they are before they saturate.
        """
        threshold = self.statements.threshold
        if threshold is None:
            return
        before = self._before()
        moved: dict[str, Range] = {}
        for line in step.lines:
            if not line.after:
                into = moved if line.name in self.statements.states else before.leaves
                into[line.name] = before.of(line.right)
        after = self._ranges(moved)
        spike = after.of(threshold.right)
        if spike.low == spike.high:
            never = "never holds, so the neuron could not spike"
            words = "always holds" if spike.low else never
            raise EquationError(
                f"with states and current in {self.format}, this {words}; take another threshold, "
                "or another format by format=",
                threshold.place,
            )
        full = self.full
        for equation in self.statements.resets.values():
            reached = after.of(equation.right)
            if reached.low > full.high or reached.high < full.low:
                raise EquationError(
                    f"this is {reached}, and {self.format} holds {full}; {_REMEDY}", equation.place
                )

    def _before(self) -> Ranges:
        ranges = self._ranges(dict.fromkeys(self.statements.states, self.full))
        for equation in self.statements.states.values():
            ranges.of(equation.right)
        return ranges

    def _ranges(self, states: Mapping[str, Range]) -> Ranges:
        known = {name: Range(value, value) for name, value in self.values.items()}
        ranges = Ranges(known | {INPUT: self.full} | dict(states), self.statements.places)
        for name, equation in self.statements.definitions.items():
            ranges.leaves[name] = ranges.of(equation.right)
        return ranges
