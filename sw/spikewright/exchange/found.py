"""What a framework's module is, in the terms of this project."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from spikewright_hw.definition.definition import Definition

from .affine import Matrix, Scaling
from .kernel import Kernel
from .step import Step

__all__ = ["Found", "Read", "array", "values"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """A layer of neurons as a framework's module has it.

    Parameters
    ----------
    definition : Definition
    parameters : mapping of str to float or array
        An array by the axes of the neurons.
    own : Matrix, Scaling or Kernel, optional
        From the layer's own spikes of the step before to its input; its bias is always added. By a
        matrix or a scaling, they are an input of their own of the definition.
    before : Matrix, optional
        What the module does to its input before the neurons take it.
    after : Scaling
        What it does to its spikes.
    """

    definition: Definition
    parameters: Mapping[str, float | np.ndarray] = field(default_factory=dict)
    own: Matrix | Scaling | Kernel | None = None
    before: Matrix | None = None
    after: Scaling = field(default_factory=Scaling.of)


#: From a module to what it is.
Read = Callable[[Any], Found | Step]


def array(value: Any) -> np.ndarray:
    """Return a tensor or a number of a framework as float64."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    return np.array(value, np.float64)


def values(**given: Any) -> dict[str, float | np.ndarray]:
    """Return parameters as they stand: a number, or an array by the axes of the neurons."""
    found = {}
    for name, value in given.items():
        numbers = array(value)
        found[name] = float(numbers.flat[0]) if numbers.size == 1 else numbers
    return found
