"""Population: each value is seen by several inputs, and the nearer their centres, the earlier.

Each value has ``fields`` inputs with overlapping Gaussian receptive fields. With m fields, centre i
of 1 to m is at low + (2i - 3)/2 (high - low)/(m - 2), and the width is sigma = (high - low)/(m - 2)
/ overlap. (S. Bohte, J. Kok, H. La Poutré, "Error-backpropagation in temporally encoded networks of
spiking neurons", Neurocomputing 48, 2002.) The response exp(-(x - centre)^2 / 2 sigma^2) becomes
the time of one spike: the first step takes the highest responses, each later one the next range of
equal width, down to ``silent``; a response of that or less gives no spike.

The same spikes everywhere: no exponential is computed of a value. A response is above r where |x -
centre| / sigma is below sqrt(-2 ln r), and these limits are computed once, correctly rounded.
"""

import math
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from spikewright.task.task import Task
from spikewright_hw.checks import real, settle, whole
from spikewright_hw.layer import MOST_NEURONS
from spikewright_hw.protocol import MAX_PAYLOAD

from .samples import in_parts, vectors

__all__ = ["Population"]

_EXACT = Context(prec=60)


@dataclass(frozen=True, kw_only=True)
class Population:
    """Population: Gaussian receptive fields, and the time to first spike of their responses.

    Input ``value * fields + field`` is field ``field`` of value ``value``.

    Parameters
    ----------
    values : int
        Values of one sample.
    fields : int
        Inputs of each value, at least 3.
    steps : int
        Time steps.
    low, high : float
        Range of the values.
    overlap : float
        Distance of two centres in widths; 1 to 2 in the source.
    silent : float
        A response of this or less gives no spike; above 0 and below 1.

    Raises
    ------
    ValueError
        A parameter is of another kind or out of its range; the message names it.
    """

    name: ClassVar[str] = "population"
    kinds: ClassVar[tuple[str, ...]] = ("values", "image", "signal")

    values: int
    fields: int = 6
    steps: int
    low: float
    high: float
    overlap: float = 1.5
    silent: float = 0.1

    def __post_init__(self):
        settle(
            self,
            values=whole(1, MOST_NEURONS // 3),
            fields=whole(3, MOST_NEURONS),
            steps=whole(1, MAX_PAYLOAD),
            low=real(),
            high=real(),
            overlap=real(),
            silent=real(),
        )
        if self.inputs > MOST_NEURONS:
            raise ValueError(
                f"fields is {self.fields}; with {self.values} values, that is {self.inputs} "
                f"inputs, and a network has at most {MOST_NEURONS}"
            )
        if not self.low < self.high:
            raise ValueError(f"high is {self.high}; it must be above low, {self.low}")
        if self.overlap <= 0:
            raise ValueError(f"overlap is {self.overlap}; it must be above 0")
        if not 0 < self.silent < 1:
            raise ValueError(f"silent is {self.silent}; it must be above 0 and below 1")

    @property
    def inputs(self) -> int:
        """Inputs of the network."""
        return self.values * self.fields

    @classmethod
    def fitting(cls, task: Task, *, steps: int | None = None) -> Self:
        """Return the coding for a task: six fields for each value, 8 steps."""
        return cls(
            values=math.prod(task.shape),
            steps=8 if steps is None else steps,
            low=task.low,
            high=task.high,
        )

    def encode(self, samples: ArrayLike) -> np.ndarray:
        """Return the spikes of samples ``[samples, ...]`` of ``values`` values each.

        At most one spike for each input.
        """
        given = vectors(samples, size=self.values, low=self.low, high=self.high)
        return in_parts(given, self, self._part)

    def _part(self, values: np.ndarray) -> np.ndarray:
        spacing = (self.high - self.low) / (self.fields - 2)
        centres = self.low + (np.arange(1, self.fields + 1) - 1.5) * spacing
        distances = np.abs(values[:, :, None] - centres) / (spacing / self.overlap)
        step = np.searchsorted(self._limits(), distances.reshape(len(values), -1), side="right")
        return step[:, None, :] == np.arange(self.steps)[None, :, None]

    def _limits(self) -> np.ndarray:
        """Return for each step the distance from the centre, in widths, that is too far for it."""
        most, silent = Decimal(1), Decimal(self.silent)
        width = _EXACT.divide(most - silent, Decimal(self.steps))
        responses = [most - step * width for step in range(1, self.steps)] + [silent]
        return np.array([
            float(_EXACT.sqrt(-2 * _EXACT.ln(response))) for response in responses
        ])

    def describe(self) -> str:
        """Return the coding in a few words."""
        return f"population of {self.fields} fields, {self.steps} steps"
