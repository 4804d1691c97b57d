"""Conditions that the parameters decide, of all neurons or of some: whatever the states and inputs.

A spike that never or always comes is a mistake in the equations or in the parameters, and a neuron
among others is refused for it as it is alone.
"""

from .nodes import Number
from .sums import Sum

__all__ = ["Verdicts"]

#: What a condition always is, of each neuron or once for all; None if it depends on more.
Verdict = tuple[bool | None, ...]


class Verdicts:
    """What is known of the conditions of a program."""

    def __init__(self):
        self._known: dict[Number, Verdict] = {}

    def of(self, condition: Sum) -> Verdict:
        """Return what a condition always is."""
        if condition.is_constant:
            return tuple(map(bool, condition.constant.each))
        bare = condition.bare
        return (None,) if bare is None else self._known.get(bare, (None,))

    def join(self, made: Number, operation: str, a: Sum, b: Sum) -> None:
        """Note what is known of ``both`` or ``either`` of two conditions."""
        decides = operation == "either"  # a side that is so decides alone
        rows = self.of(a), self.of(b)
        length = max(map(len, rows))
        pairs = zip(*(row * (length // len(row)) for row in rows), strict=True)
        self._known[made] = tuple(
            decides if decides in pair else None if None in pair else not decides for pair in pairs
        )

    def invert(self, made: Number, a: Sum) -> None:
        """Note what is known of the contrary of a condition."""
        self._known[made] = tuple(None if one is None else not one for one in self.of(a))

    def check(self, condition: Sum) -> Sum:
        """Return a condition that depends on the states or inputs, whichever neuron it is of.

        Raises
        ------
        ValueError
            It is always the same, of one neuron at least.
        """
        verdict = self.of(condition)
        for neuron, one in enumerate(verdict):
            if one is not None:
                whose = f" for neuron {neuron}" if len(verdict) > 1 else ""
                raise ValueError(
                    f"the condition is always {str(one).lower()}{whose}, whatever the states "
                    "and inputs"
                )
        return condition
