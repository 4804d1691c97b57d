"""Some of the inputs of a coding: those that a network hears, in the order of the coding's."""

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from spikewright_hw.checks import settle, wholes

from .coding import Coding, coding_rule, input_bits

__all__ = ["Selected"]


@dataclass(frozen=True, kw_only=True)
class Selected:
    """A coding of which some inputs are left out.

    Input *n* is that of number ``kept[n]`` of ``coding``: the host drops the spikes of the others,
    so that the network, and its memory of weights, have no row for them.

    Parameters
    ----------
    coding : Coding
        That makes spikes.
    kept : tuple of int
        Numbers of its inputs, in rising order.

    Raises
    ------
    ValueError
        The coding is of another kind, or a number is none of its inputs or out of order.
    """

    name: ClassVar[str] = "selected"

    coding: Coding
    kept: tuple[int, ...]

    def __post_init__(self):
        settle(self, coding=coding_rule, kept=wholes(0))
        if isinstance(self.coding, Selected):
            raise ValueError("coding is one of selected inputs; give that which it selects from")
        if input_bits(self.coding) > 1:
            raise ValueError(
                f"coding is {self.coding.name}, whose inputs are graded; inputs are selected of "
                "one that makes spikes"
            )
        if not self.kept or any(one >= other for one, other in pairwise(self.kept)):
            raise ValueError("kept must have at least one number, each once, in rising order")
        if self.kept[-1] >= self.coding.inputs:
            raise ValueError(
                f"kept has the number {self.kept[-1]}, but {self.coding.name} has the inputs 0 to "
                f"{self.coding.inputs - 1}"
            )

    @property
    def steps(self) -> int:
        """Time steps of a sample."""
        return self.coding.steps

    @property
    def inputs(self) -> int:
        """How many are kept."""
        return len(self.kept)

    def encode(self, samples: ArrayLike) -> np.ndarray:
        """Return the spikes of samples: those of the coding, of the inputs that are kept."""
        return np.ascontiguousarray(self.coding.encode(samples)[..., list(self.kept)])

    def describe(self) -> str:
        """Return the coding in a few words."""
        return f"{self.coding.describe()}, {self.inputs} of {self.coding.inputs} inputs"
