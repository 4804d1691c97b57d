"""Direct: values enter the first layer as graded inputs, and the neurons make the spikes.

A value x becomes the whole number nearest to (2**bits - 1) (x - low) / (high - low), halves up; as
many times as heavy is what its input adds to a neuron's current. The values are the same in each
step; or, of a sequence, each step has its own. Graded input currents are usual where a
network is trained by surrogate gradients (N. Rathi, K. Roy, "DIET-SNN: A Low-Latency Spiking Neural
Network with Direct Input Encoding and Leakage and Threshold Optimization", IEEE TNNLS 34(6), 2023).
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from spikewright.errors import DataError
from spikewright.task.task import Task
from spikewright_hw.checks import flag, real, settle, whole
from spikewright_hw.layer import MOST_INPUT_BITS, MOST_NEURONS
from spikewright_hw.protocol import MAX_PAYLOAD

from .samples import as_array, check_spikes, shape_words, vectors

__all__ = ["Direct"]

#: Bits of an input, and steps, unless others are asked for.
_BITS, _STEPS = 4, 8


@dataclass(frozen=True, kw_only=True)
class Direct:
    """Direct: each value is a graded input of the first layer, a whole number of ``bits`` bits.

    Parameters
    ----------
    inputs : int
        Values of a sample; of a signal, values of a step.
    steps : int
        Time steps.
    low, high : float
        Range of the values, which become 0 to ``2**bits - 1``.
    bits : int
        2 to 8. A board adds a row of weights for each bit of an input that is set, so that more
        bits take longer.
    sequence : bool
        Whether a sample has its own values for each step. Otherwise its values are the same in all
        of them.

    Raises
    ------
    ValueError
        A parameter is of another kind or out of its range; the message names it.
    """

    name: ClassVar[str] = "direct"
    kinds: ClassVar[tuple[str, ...]] = ("values", "image", "signal")

    inputs: int
    steps: int
    low: float
    high: float
    bits: int = _BITS
    sequence: bool = False

    def __post_init__(self):
        settle(
            self,
            inputs=whole(1, MOST_NEURONS),
            steps=whole(1, MAX_PAYLOAD),
            low=real(),
            high=real(),
            bits=whole(2, MOST_INPUT_BITS),
            sequence=flag,
        )
        if not self.low < self.high:
            raise ValueError(f"high is {self.high}; it must be above low, {self.low}")
        if not 0 < self.high - self.low < math.inf or not math.isfinite(self._scale):
            raise ValueError(
                f"high - low is {self.high - self.low:g}; a step of the inputs must be a number "
                "above 0 in float64"
            )

    @classmethod
    def fitting(cls, task: Task, *, steps: int | None = None) -> Self:
        """Return the coding for a task: all values of a sample in each of 8 steps.

        A signal with as many steps as it is long enters value by value, one each step.
        """
        sequence = task.kind == "signal" and steps == task.shape[0]
        return cls(
            inputs=math.prod(task.shape[1:] if sequence else task.shape),
            steps=_STEPS if steps is None else steps,
            low=task.low,
            high=task.high,
            sequence=sequence,
        )

    def encode(self, samples: ArrayLike) -> np.ndarray:
        """Return the graded inputs of samples, uint8 ``[samples, steps, inputs]``.

        Parameters
        ----------
        samples : array ``[samples, ...]``
            Of ``inputs`` values each; of a signal, ``[samples, steps, ...]`` of ``inputs`` values
            for each step.
        """
        values = self._rows(samples)
        graded = np.zeros(values.shape, np.uint8)
        for row, sample in zip(graded, values, strict=True):
            # What is checked in float32 may end outside the range in float64.
            inside = sample.astype(np.float64).clip(self.low, self.high)
            row[:] = np.floor((inside - self.low) * self._scale + 0.5)
        return self._each_step(graded)

    def values(self, samples: ArrayLike) -> np.ndarray:
        """Return the values that enter in each step, before they are rounded to inputs.

        Float64 ``[samples, steps, inputs]``, of samples as :meth:`encode` takes them.
        """
        return self._each_step(self._rows(samples).astype(np.float64))

    def decode(self, spikes: ArrayLike) -> np.ndarray:
        """Return the values that graded inputs stand for, to half a step of their bits.

        ``[samples, inputs]``, or ``[samples, steps, inputs]`` of a signal.
        """
        values = self.low + check_spikes(spikes, self) / self._scale
        return values if self.sequence else values[:, 0]

    @property
    def step(self) -> float:
        """The difference of the values of two inputs that follow each other."""
        return 1 / self._scale

    def _rows(self, samples: ArrayLike) -> np.ndarray:
        """Return all values of each sample as a row."""
        given = as_array(samples)
        if self.sequence and given.shape[1:2] != (self.steps,):
            raise DataError(
                f"the input is of shape {shape_words(given)}; it must be samples × {self.steps} "
                f"steps × {self.inputs} values"
            )
        size = self.inputs * (self.steps if self.sequence else 1)
        return vectors(given, size=size, low=self.low, high=self.high)

    def _each_step(self, rows: np.ndarray) -> np.ndarray:
        """Return rows of values as ``[samples, steps, inputs]``."""
        if self.sequence:
            return rows.reshape(len(rows), self.steps, self.inputs)
        return np.repeat(rows[:, None], self.steps, axis=1)

    @property
    def _scale(self) -> float:
        return ((1 << self.bits) - 1) / (self.high - self.low)

    def describe(self) -> str:
        """Return the coding in a few words."""
        return f"direct, {self.bits} bits, {self.steps} steps"
