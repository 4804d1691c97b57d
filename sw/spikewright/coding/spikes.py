"""Spikes that are given: nothing is coded."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from spikewright.errors import DataError
from spikewright.task.task import Task
from spikewright_hw.checks import settle, whole
from spikewright_hw.layer import MOST_NEURONS
from spikewright_hw.protocol import MAX_PAYLOAD

from .samples import as_array, check_spikes

__all__ = ["Spikes"]


@dataclass(frozen=True, kw_only=True)
class Spikes:
    """The samples are spikes already, and are taken as they are.

    Parameters
    ----------
    inputs : int
        Inputs of the network.
    steps : int
        Time steps.

    Raises
    ------
    ValueError
        A parameter is of another kind or out of its range; the message names it.
    """

    name: ClassVar[str] = "spikes"
    kinds: ClassVar[tuple[str, ...]] = ("spikes",)

    inputs: int
    steps: int

    def __post_init__(self):
        settle(self, inputs=whole(1, MOST_NEURONS), steps=whole(1, MAX_PAYLOAD))

    @classmethod
    def fitting(cls, task: Task, *, steps: int | None = None) -> Self:
        """Return the coding for a task, whose samples have the steps."""
        given, inputs = task.shape
        if steps not in (None, given):
            raise ValueError(
                f"steps is {steps}, but the spikes of {task.name} have {given}; leave it out"
            )
        return cls(inputs=inputs, steps=given)

    def encode(self, samples: ArrayLike) -> np.ndarray:
        """Return samples ``[samples, steps, inputs]`` of booleans, or of 0 and 1, as booleans."""
        given = check_spikes(as_array(samples), self)
        if given.dtype == bool:
            return given
        if given.dtype.kind not in "fiu":
            raise DataError(
                f"the spikes are {given.dtype} values; they must be booleans or 0 and 1"
            )
        bad = (given != 0) & (given != 1)
        if bad.any():
            sample, step, one = np.unravel_index(int(bad.argmax()), bad.shape)
            raise DataError(
                f"input {one} of sample {sample} in step {step} is {given[sample, step, one]}; a "
                "spike is 0 or 1"
            )
        return given.astype(bool)

    def decode(self, spikes: ArrayLike) -> np.ndarray:
        """Return the spikes."""
        return check_spikes(spikes, self)

    def describe(self) -> str:
        """Return the coding in a few words."""
        return f"spikes as given, {self.steps} steps"
