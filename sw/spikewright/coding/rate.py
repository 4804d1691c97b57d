"""Rate: the larger a value, the more likely a spike of its input in each step.

In each step an input spikes with the probability ``most`` (x - low) / (high - low), independently
of all others: a Bernoulli process, the discrete form of a Poisson process (P. Dayan, L. Abbott,
"Theoretical Neuroscience", MIT Press 2001, chapter 1.4).

The random numbers are those of a counter, so that the same seed and sample give the same spikes in
whatever batch, on every machine and with every version of numpy. The key of a sample is the first
16 bytes of the SHA-256 of the seed (8 bytes, little-endian) and of its values (float64,
little-endian, row by row, -0 as 0). With it, Philox4x64-10 (J. Salmon, M. Moraes, R. Dror, D. Shaw,
"Parallel random numbers: as easy as 1, 2, 3", SC11, 2011) encrypts 1, 2, 3, ... into four 64-bit
numbers each; the first number is for input 0 in the first step, the next for input 1, and so on,
step after step. An input spikes where its number's upper 53 bits, as a fraction of 2**53, are below
the probability. numpy promises that the raw numbers of a bit generator stay what they are, and
promises no such thing of what is drawn from them; so only the raw ones are used.

Equal samples have equal spikes: what is averaged over noise needs several seeds.
"""

import hashlib
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

__all__ = ["Rate"]


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Rate: in each step, an input spikes with a probability that is linear in its value.

    Parameters
    ----------
    inputs : int
        Values of one sample.
    steps : int
        Time steps.
    low, high : float
        Range of the values; ``low`` never spikes.
    most : float
        Probability of a spike in a step for a value of ``high``, above 0 and up to 1.
    seed : int
        0 to 2**64 - 1. The same seed gives the same spikes, everywhere.

    Raises
    ------
    ValueError
        A parameter is of another kind or out of its range; the message names it.
    """

    name: ClassVar[str] = "rate"
    kinds: ClassVar[tuple[str, ...]] = ("values", "image", "signal")

    inputs: int
    steps: int
    low: float
    high: float
    most: float = 1.0
    seed: int = 0

    def __post_init__(self):
        settle(
            self,
            inputs=whole(1, MOST_NEURONS),
            steps=whole(1, MAX_PAYLOAD),
            low=real(),
            high=real(),
            most=real(0, 1),
            seed=whole(0, (1 << 64) - 1),
        )
        if not self.low < self.high:
            raise ValueError(f"high is {self.high}; it must be above low, {self.low}")
        if self.most == 0:
            raise ValueError("most is 0; it must be above 0")

    @classmethod
    def fitting(cls, task: Task, *, steps: int | None = None) -> Self:
        """Return the coding for a task: an input for each value, 16 steps."""
        return cls(
            inputs=math.prod(task.shape),
            steps=16 if steps is None else steps,
            low=task.low,
            high=task.high,
        )

    def encode(self, samples: ArrayLike) -> np.ndarray:
        """Return the spikes of samples ``[samples, ...]`` of ``inputs`` values each."""
        values = vectors(samples, size=self.inputs, low=self.low, high=self.high)
        return in_parts(values, self, self._part)

    def _part(self, values: np.ndarray) -> np.ndarray:
        spikes = np.zeros((len(values), self.steps, self.inputs), bool)
        chances = self.most * ((values - self.low) / (self.high - self.low))
        for row, chance, one in zip(values, chances, spikes, strict=True):
            one[:] = self._fractions(row) < chance
        return spikes

    def _fractions(self, values: np.ndarray) -> np.ndarray:
        """Return the random numbers of a sample, ``[steps, inputs]``, from 0 to below 1."""
        content = (values + 0.0).astype("<f8").tobytes()  # -0 becomes 0
        key = hashlib.sha256(self.seed.to_bytes(8, "little") + content).digest()[:16]
        numbers = np.random.Philox(key=int.from_bytes(key, "little"))
        raw = numbers.random_raw(self.steps * self.inputs)
        return ((raw >> 11) * 2.0**-53).reshape(self.steps, self.inputs)

    def decode(self, spikes: ArrayLike) -> np.ndarray:
        """Return the values that the counts of spikes are expected of, ``[samples, inputs]``.

        With probability p of a spike, the standard error is ``(high - low) / most`` times
        sqrt(p (1 - p) / steps).
        """
        share = check_spikes(spikes, self).mean(axis=1)
        return np.minimum(self.low + (self.high - self.low) * share / self.most, self.high)

    def describe(self) -> str:
        """Return the coding in a few words."""
        return f"rate, {self.steps} steps, seed {self.seed}"
