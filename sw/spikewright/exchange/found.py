"""What a framework's module is, in the terms of this project."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from spikewright_hw.definition.definition import Definition, Value

from .affine import Affine

__all__ = ["Found", "Read", "array", "values"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """A layer of neurons as a framework's module has it.

    Parameters
    ----------
    definition : Definition
    parameters : mapping of str to float or tuple of float
    own : Affine, optional
        From the layer's own spikes of the step before to its input; its bias is always added.
    before : Affine
        What the module does to its input before the neurons take it.
    after : Affine
        What it does to its spikes.
    """

    definition: Definition
    parameters: Mapping[str, Value] = field(default_factory=dict)
    own: Affine | None = None
    before: Affine = field(default_factory=Affine.of)
    after: Affine = field(default_factory=Affine.of)


#: From a module to what it is.
Read = Callable[[Any], Found | Affine]


def array(value: Any) -> np.ndarray:
    """Return a tensor or a number of a framework as float64."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    return np.array(value, np.float64)


def values(**given: Any) -> dict[str, Value]:
    """Return parameters as they stand: a number, or one for each neuron."""
    found = {}
    for name, value in given.items():
        numbers = array(value)
        found[name] = float(numbers.flat[0]) if numbers.size == 1 else tuple(numbers.ravel())
    return found
