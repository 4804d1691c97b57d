"""Neurons on arrays of integers: a step of many at once.

:mod:`spikewright_hw.definition.integers` has the same of one neuron, and is the definition of it.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from spikewright_hw.definition.expression import Operations
from spikewright_hw.definition.fixed_point import FixedNeuron
from spikewright_hw.definition.graph import evaluate

__all__ = ["constants", "step", "update"]

#: Arrays by name, of one shape or of shapes that numpy makes one.
Values = Mapping[str, np.ndarray]


class _Arrays(Operations):
    """Arrays of integers: numpy's ``>>`` rounds toward minus infinity, as Python's does."""

    @staticmethod
    def invert(condition: np.ndarray) -> np.ndarray:
        return np.logical_not(condition)

    @staticmethod
    def where(condition: np.ndarray, yes: np.ndarray, no: np.ndarray) -> np.ndarray:
        return np.where(condition, yes, no)

    @staticmethod
    def pick(index: np.ndarray, table: tuple[int, ...]) -> np.ndarray:
        return np.array(table, index.dtype)[index.astype(np.intp)]


def constants(
    fixed: FixedNeuron, kind: type[np.signedinteger] | type[object] = np.int64, *, times: int = 1
) -> dict[str, np.ndarray]:
    """Return the parameters that differ between neurons, each ``[neurons]``, so many times."""
    return {name: np.tile(np.array(values, kind), times) for name, values in fixed.vectors.items()}


def update(fixed: FixedNeuron, leaves: Values) -> dict[str, Any]:
    """Return the next states before they are saturated, and ``spike`` where there is one.

    ``leaves`` are the states, the constants and the inputs.
    """
    return evaluate(fixed.update, leaves, _Arrays())


def step(
    fixed: FixedNeuron, states: Values, inputs: Values, *, constants: Values
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Run one step; return the next states and which neurons spiked."""
    after = update(fixed, {**states, **constants, **inputs})
    spike = np.asarray(after.pop("spike", False), bool)
    return {name: np.clip(value, *fixed.bounds[name]) for name, value in after.items()}, spike
