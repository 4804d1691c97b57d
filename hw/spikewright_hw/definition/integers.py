"""A definition on Python integers: one step, no hidden state. This is the definition of correct."""

from collections.abc import Mapping

from ..fixed import Format
from .definition import Definition
from .expression import Operations, evaluate

__all__ = ["start", "step"]


class _Integers(Operations):
    @staticmethod
    def where(condition: bool, yes: int, no: int) -> int:
        return yes if condition else no


def start(definition: Definition) -> dict[str, int]:
    """Give the states before the first step."""
    return dict.fromkeys(definition.states, 0)


def step(
    definition: Definition,
    states: Mapping[str, int],
    i: int,
    *,
    parameters: Mapping[str, int],
    format: Format,
) -> tuple[dict[str, int], bool]:
    """Run one step; give the next states and whether the neuron spiked.

    All values are stored integers in ``format``; ``i`` may be of any size.
    """
    after = evaluate(definition.update, {**states, **parameters, "i": i}, _Integers())
    spike = bool(after.pop("spike", False))
    return {name: format.saturate(value) for name, value in after.items()}, spike
