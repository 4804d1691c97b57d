"""Logarithmic latency: a value's one spike comes earlier by the logarithm of the value.

Of the ``steps`` steps, the first takes the largest values, and each later one the next range of the
same ratio of its ends, down to ``silent``; a value of that or less never spikes. With the share s =
(x - low) / (high - low) of a value x and q that of ``silent``, x spikes in step floor(steps ln s /
ln q). So a sample that is brighter by a factor spikes as before, only so many steps earlier. (J.
Hopfield, "Pattern recognition computation using action potential timing for stimulus
representation", Nature 376, 1995.)

The same spikes everywhere: no logarithm is computed of a value. A value is compared with the ends
of the ranges, which are computed once, correctly rounded.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from spikewright.task.task import Task
from spikewright_hw.checks import real, settle, whole
from spikewright_hw.layer import MOST_NEURONS
from spikewright_hw.protocol import MAX_PAYLOAD

from .samples import check_spikes, in_parts, vectors
from .ttfs import silent_level

__all__ = ["LogLatency"]

_EXACT = Context(prec=60)


@dataclass(frozen=True, kw_only=True)
class LogLatency:
    """Logarithmic latency: the step of a value's one spike falls with the value's logarithm.

    Parameters
    ----------
    inputs : int
        Values of one sample.
    steps : int
        Time steps.
    low, high : float
        Range of the values; the largest spike in the first step, and ``low`` never.
    silent : float
        A value of this or less never spikes; above ``low``.

    Raises
    ------
    ValueError
        A parameter is of another kind or out of its range; the message names it.
    """

    name: ClassVar[str] = "log_latency"
    kinds: ClassVar[tuple[str, ...]] = ("values", "image", "signal")

    inputs: int
    steps: int
    low: float
    high: float
    silent: float

    def __post_init__(self):
        settle(
            self,
            inputs=whole(1, MOST_NEURONS),
            steps=whole(1, MAX_PAYLOAD),
            low=real(),
            high=real(),
            silent=real(),
        )
        if not self.low < self.silent < self.high:
            raise ValueError(
                f"silent is {self.silent}; it must be above low, {self.low}, and below high, "
                f"{self.high}: the logarithm of nothing is no number"
            )

    @classmethod
    def fitting(
        cls, task: Task, *, steps: int | None = None, silent: float | None = None
    ) -> Self:
        """Return the coding for a task: an input for each value, of which the lowest are silent.

        ``silent`` is the share of their range that never spikes, above 0: as of
        :class:`~spikewright.coding.ttfs.Ttfs` unless given.
        """
        return cls(
            inputs=math.prod(task.shape),
            steps=8 if steps is None else steps,
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
        rising = self._ends(range(self.steps, 0, -1))
        step = self.steps - np.searchsorted(rising, values, side="left")
        return step[:, None, :] == np.arange(self.steps)[None, :, None]

    def _ends(self, places: Iterable[float]) -> np.ndarray:
        """Return the value at a number of steps: at 0 ``high``, at ``steps`` ``silent``."""
        low = Decimal(self.low)
        width = _EXACT.subtract(Decimal(self.high), low)
        ratio = _EXACT.divide(_EXACT.subtract(Decimal(self.silent), low), width)
        each = _EXACT.divide(_EXACT.ln(ratio), self.steps)
        return np.array([
            self.silent if place == self.steps else float(_EXACT.fma(
                width, _EXACT.exp(_EXACT.multiply(each, Decimal(float(place)))), low
            ))
            for place in places
        ])

    def decode(self, spikes: ArrayLike) -> np.ndarray:
        """Return the middle of the values that each spike can stand for, ``[samples, inputs]``.

        It is that of their logarithms; where there is no spike, it is ``low``. Encoding the result
        gives the same spikes again. A value above ``low`` is within half a step's ratio,
        ((high - low) / (silent - low))^(1 / (2 steps)), of what is returned.
        """
        given = check_spikes(spikes, self)
        values = self._ends(np.arange(self.steps) + 0.5)
        return np.max(np.where(given, values[None, :, None], self.low), axis=1)

    def describe(self) -> str:
        """Return the coding in a few words."""
        return f"logarithmic latency, {self.steps} steps"
