"""Time to first spike: the brighter a pixel, the earlier its one spike.

Of the ``steps`` steps, the first takes the brightest pixels, and each later one the next range of
equal width, down to ``silent``; a pixel of that value or less never spikes. A value x spikes in
step floor((high - x) steps / (high - silent)). So a sample is at most one spike per input, and
usually far fewer. (S. Thorpe, A. Delorme, R. Van Rullen, "Spike-based strategies for rapid
processing", Neural Networks 14, 2001.)
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from spikewright.task.task import Task
from spikewright_hw.checks import real, settle, whole
from spikewright_hw.layer import MOST_NEURONS
from spikewright_hw.protocol import MAX_PAYLOAD

from .samples import check_spikes, in_parts, vectors

__all__ = ["Ttfs", "silent_level"]

#: Share of the range of the values that never spikes; of grey images of so many pixels, whose
#: darker ones are edges that the brighter ones beside them show, too: chosen on held-out training
#: images of MNIST.
_SILENT, _SILENT_OF_IMAGES, _LARGE = 1 / 8, 0.4, 400


@dataclass(frozen=True, kw_only=True)
class Ttfs:
    """Time to first spike: the larger a value, the earlier its one spike.

    Parameters
    ----------
    inputs : int
        Values of one sample.
    steps : int
        Time steps.
    low, high : float
        Range of the values; the largest spike in the first step.
    silent : float
        A value of this or less never spikes.

    Raises
    ------
    ValueError
        A parameter is of another kind or out of its range; the message names it.
    """

    name: ClassVar[str] = "ttfs"
    kinds: ClassVar[tuple[str, ...]] = ("values", "image", "signal")

    inputs: int = 64
    steps: int = 4
    low: float = 0.0
    high: float = 16.0
    silent: float = 2.0

    def __post_init__(self):
        settle(
            self,
            inputs=whole(1, MOST_NEURONS),
            steps=whole(1, MAX_PAYLOAD),
            low=real(),
            high=real(),
            silent=real(),
        )
        if not self.low <= self.silent < self.high:
            raise ValueError(
                f"silent is {self.silent}; it must be at least low, {self.low}, and below high, "
                f"{self.high}"
            )

    @classmethod
    def fitting(
        cls, task: Task, *, steps: int | None = None, silent: float | None = None
    ) -> Self:
        """Return the coding for a task: an input for each value, of which the lowest are silent.

        ``silent`` is the share of their range that never spikes: unless given an eighth, or 0.4 of
        grey images of 400 pixels or more.
        """
        return cls(
            inputs=math.prod(task.shape),
            steps=4 if steps is None else steps,
            low=task.low,
            high=task.high,
            silent=silent_level(task, silent),
        )

    def encode(self, samples: ArrayLike) -> np.ndarray:
        """Return the spikes of samples ``[samples, ...]`` of ``inputs`` values each.

        At most one spike per sample and input.
        """
        values = vectors(samples, size=self.inputs, low=self.low, high=self.high)
        return in_parts(values, self, self._part)

    def _part(self, values: np.ndarray) -> np.ndarray:
        # What is checked in float32 may end above high in float64, and what is rounded may reach
        # past the last step.
        step = np.floor((self.high - values) * self.steps / (self.high - self.silent))
        step = np.clip(step, 0, self.steps - 1)
        spikes = step[:, None, :] == np.arange(self.steps)[None, :, None]
        return spikes & (values > self.silent)[:, None, :]

    def decode(self, spikes: ArrayLike) -> np.ndarray:
        """Return the middle of the values that each spike can stand for, ``[samples, inputs]``.

        Where there is no spike, it is ``low``. Encoding the result gives the same spikes again, and
        no value is further from the original than half a step's range, ``(high - silent) / steps /
        2``, or ``silent - low`` where there is no spike.
        """
        given = check_spikes(spikes, self)
        width = (self.high - self.silent) / self.steps
        values = self.high - width * (np.arange(self.steps) + 0.5)
        return np.max(np.where(given, values[None, :, None], self.low), axis=1)

    def describe(self) -> str:
        """Return the coding in a few words."""
        return f"time to first spike, {self.steps} steps"


def silent_level(task: Task, share: float | None) -> float:
    """Return the value of a task's samples up to which none spikes, of a share of their range.

    Unless the share is given, it is an eighth, or 0.4 of grey images of 400 pixels or more.
    """
    if share is None:
        large = len(task.image) == 2 and math.prod(task.shape) >= _LARGE
        share = _SILENT_OF_IMAGES if large else _SILENT
    checked = real(0)("silent", share)
    if checked >= 1:
        raise ValueError(f"silent is {checked:g}; a share of the range is from 0 to below 1")
    return task.low + checked * (task.high - task.low)
