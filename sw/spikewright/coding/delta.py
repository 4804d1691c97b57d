"""Delta: a spike says that a signal has moved by a threshold, up or down.

Each channel has a level, at first ``start``. In each step, where the signal x is above the level by
more than ``threshold``, the channel's on input spikes and the level rises by ``threshold``; where
it is below by more than that, the off input spikes and the level falls by it. So the receiver
knows the level from the spikes alone. (Step-forward encoding, a send-on-delta scheme: M. Miskowicz,
"Send-on-delta concept: an event-based data reporting strategy", Sensors 6, 2006; B. Petro, N.
Kasabov, R. Kiss, "Selection and optimization of temporal spike encoding methods for spiking neural
networks", IEEE TNNLS 31, 2020.)

The first axis of a sample is time. With fewer steps than values in time, the x of step s is the
mean of the values from floor(s length / steps) to below floor((s + 1) length / steps), summed in
their order.
"""

import math
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from spikewright.errors import DataError
from spikewright.task.task import Task
from spikewright_hw.checks import real, settle, whole
from spikewright_hw.layer import MOST_NEURONS
from spikewright_hw.protocol import MAX_PAYLOAD

from .samples import as_array, check_range, check_spikes, in_parts, shape_words

__all__ = ["Delta"]

#: Samples of the training part that a threshold is chosen on, and its candidates' number.
_FITTED = 256
_HALVINGS = 8
#: Most values in time of a sample.
_LONGEST = 1 << 24


@dataclass(frozen=True, kw_only=True)
class Delta:
    """Delta: on and off spikes of signals, each for a change by ``threshold``.

    Of ``channels`` channels, the inputs are the on spikes of each, and then the off spikes of each.

    Parameters
    ----------
    length : int
        Values in time of a sample.
    channels : int
        Values at each time.
    steps : int
        Time steps, at most ``length``.
    low, high : float
        Range of the values.
    threshold : float
        Change of the level that a spike stands for, above 0.
    start : float
        Level before the first step.

    Raises
    ------
    ValueError
        A parameter is of another kind or out of its range; the message names it.
    """

    name: ClassVar[str] = "delta"
    kinds: ClassVar[tuple[str, ...]] = ("signal",)

    length: int
    channels: int = 1
    steps: int
    low: float
    high: float
    threshold: float
    start: float

    def __post_init__(self):
        settle(
            self,
            length=whole(1, _LONGEST),
            channels=whole(1, MOST_NEURONS // 2),
            steps=whole(1, MAX_PAYLOAD),
            low=real(),
            high=real(),
            threshold=real(),
            start=real(),
        )
        if self.steps > self.length:
            raise ValueError(f"steps is {self.steps}; it must be at most length, {self.length}")
        if not self.low < self.high:
            raise ValueError(f"high is {self.high}; it must be above low, {self.low}")
        if self.threshold <= 0:
            raise ValueError(f"threshold is {self.threshold}; it must be above 0")
        if not self.low <= self.start <= self.high:
            raise ValueError(
                f"start is {self.start}; it must be from low, {self.low}, to high, {self.high}"
            )

    @property
    def inputs(self) -> int:
        """Inputs of the network: an on and an off input for each channel."""
        return 2 * self.channels

    @classmethod
    def fitting(cls, task: Task, *, steps: int | None = None) -> Self:
        """Return the coding for a task, whose threshold fits the training part best.

        The level starts from the median of the training part. Of the range of the values halved
        once to eight times, the threshold is the one whose level follows the first 256 training
        samples with the least mean absolute error: a smaller one falls behind where the signal is
        steep, a larger one misses what is small.
        """
        length, *rest = task.shape
        some = task.x_train[:_FITTED]
        span = task.high - task.low
        base = cls(
            length=length, channels=math.prod(rest), steps=length if steps is None else steps,
            low=task.low, high=task.high, threshold=span / 2,
            start=min(max(float(np.median(task.x_train)), task.low), task.high),
        )
        wanted = base._means(some.reshape(len(some), length, -1).astype(np.float64))

        def error(one: Self) -> float:
            levels = one.decode(one.encode(some))
            return float(np.abs(levels - wanted).sum())

        candidates = [
            replace(base, threshold=span / 2**halvings) for halvings in range(1, _HALVINGS + 1)
        ]
        return min(candidates, key=error)

    def encode(self, samples: ArrayLike) -> np.ndarray:
        """Return the spikes of samples ``[samples, length, channels]``, or ``[samples, length]``.

        At most one spike for each channel and step.
        """
        given = as_array(samples)
        flat = given.ndim == 2 and self.channels == 1
        if (given.ndim < 3 and not flat) or (
            (given.shape[1], math.prod(given.shape[2:])) != (self.length, self.channels)
        ):
            channels = "" if self.channels == 1 else f" × {self.channels} channels"
            raise DataError(
                f"the input is of shape {shape_words(given)}; it must be samples × {self.length} "
                f"values in time{channels}"
            )
        check_range(given, low=self.low, high=self.high)
        return in_parts(given.reshape(len(given), self.length, self.channels), self, self._part)

    def _part(self, values: np.ndarray) -> np.ndarray:
        means = self._means(values)
        level = np.full(means[:, 0].shape, float(self.start))
        spikes = np.zeros((len(means), self.steps, 2, self.channels), bool)
        for step in range(self.steps):
            rises = means[:, step] - level
            on, off = rises > self.threshold, rises < -self.threshold
            spikes[:, step, 0], spikes[:, step, 1] = on, off
            level += self.threshold * (on.astype(np.float64) - off)
        return spikes.reshape(len(means), self.steps, self.inputs)

    def _means(self, values: np.ndarray) -> np.ndarray:
        """Return the mean of the values of each step, ``[samples, steps, channels]``."""
        edges = np.arange(self.steps + 1) * self.length // self.steps
        widths = np.diff(edges)
        sums = np.zeros((len(values), self.steps, values.shape[2]))
        for offset in range(int(widths.max())):
            within = np.flatnonzero(offset < widths)
            sums[:, within] += values[:, edges[within] + offset]
        return sums / widths[:, None]

    def decode(self, spikes: ArrayLike) -> np.ndarray:
        """Return the level after each step, ``[samples, steps, channels]``.

        It is the encoder's own. Where the signal changes by at most ``threshold`` from step to
        step, the level is no further from it than ``threshold``, once it has come as near.
        """
        given = check_spikes(spikes, self).reshape(-1, self.steps, 2, self.channels)
        level = np.full(given[:, 0, 0].shape, float(self.start))
        levels = np.zeros(given[:, :, 0].shape)
        for step in range(self.steps):  # one after the other, as the encoder adds
            on, off = given[:, step, 0], given[:, step, 1]
            level = level + self.threshold * (on.astype(np.float64) - off)
            levels[:, step] = level
        return levels

    def describe(self) -> str:
        """Return the coding in a few words."""
        return f"delta, {self.steps} steps, threshold {self.threshold:g}"
