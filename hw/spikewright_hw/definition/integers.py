"""A neuron on Python integers: one step, no hidden state. This is the definition of correct."""

from collections.abc import Mapping

from .expression import Operations
from .fixed_point import FixedNeuron
from .graph import evaluate

__all__ = ["start", "step"]


class _Integers(Operations):
    @staticmethod
    def where(condition: bool, yes: int, no: int) -> int:
        return yes if condition else no


def start(fixed: FixedNeuron, *, neuron: int = 0) -> dict[str, int]:
    """Return the states before the first step; ``neuron`` says which neuron's."""
    return {name: fixed.start(name, neuron=neuron) for name in fixed.definition.states}


def step(
    fixed: FixedNeuron, states: Mapping[str, int], inputs: Mapping[str, int], *, neuron: int = 0
) -> tuple[dict[str, int], bool]:
    """Run one step; return the next states and whether the neuron spiked.

    All values are stored integers; an input may be of any size.
    """
    constants = {name: values[neuron] for name, values in fixed.vectors.items()}
    after = evaluate(fixed.update, {**states, **constants, **inputs}, _Integers())
    spike = bool(after.pop("spike", False))
    return {name: fixed.saturate(name, value) for name, value in after.items()}, spike
