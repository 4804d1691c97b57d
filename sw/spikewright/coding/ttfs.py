"""Time to first spike: the brighter a pixel, the earlier its one spike.

Of the ``steps`` steps, the first takes the brightest pixels, and each later one the next range of
equal width, down to ``silent``; a pixel of that value or less never spikes. So a sample is at most
one spike per input, and usually far fewer. (S. Thorpe, A. Delorme, R. Van Rullen, "Spike-based
strategies for rapid processing", Neural Networks 14, 2001.)
"""

from dataclasses import dataclass

import numpy as np

from spikewright.errors import DataError
from spikewright_hw.checks import instance, real, settle, whole
from spikewright_hw.layer import MOST_NEURONS
from spikewright_hw.protocol import MAX_PAYLOAD

__all__ = ["Ttfs", "decode", "encode"]


@dataclass(frozen=True, kw_only=True)
class Ttfs:
    """The coding's parameters.

    Parameters
    ----------
    inputs : int
        Values of one sample.
    steps : int
        Time steps.
    high : float
        The brightest value; the darkest is 0.
    silent : float
        A value of this or less never spikes.

    Raises
    ------
    ValueError
        A parameter is of another kind or out of its range; the message names it.
    """

    inputs: int = 64
    steps: int = 4
    high: float = 16.0
    silent: float = 2.0

    def __post_init__(self):
        settle(
            self,
            inputs=whole(1, MOST_NEURONS),
            steps=whole(1, MAX_PAYLOAD),
            high=real(),
            silent=real(),
        )
        if not 0 <= self.silent < self.high:
            raise ValueError(
                f"silent is {self.silent} and high is {self.high}; it must be 0 <= silent < high"
            )


def encode(samples: np.ndarray, coding: Ttfs) -> np.ndarray:
    """Turn samples into spikes.

    Parameters
    ----------
    samples : array ``[samples, inputs]``
        Values from 0 to ``coding.high``.
    coding : Ttfs

    Returns
    -------
    bool array ``[samples, steps, inputs]``
        At most one spike per sample and input.

    Raises
    ------
    DataError
        A sample has another size, or a value is not a number or out of range.
    """
    instance(Ttfs)("coding", coding)
    samples = np.asarray(samples)
    check(samples, coding)
    step = (coding.high - samples.astype(np.float64)) * coding.steps / (coding.high - coding.silent)
    step = np.minimum(np.floor(step), coding.steps - 1)  # rounding may reach past the last step
    spikes = step[:, None, :] == np.arange(coding.steps)[None, :, None]
    return spikes & (samples > coding.silent)[:, None, :]


def decode(spikes: np.ndarray, coding: Ttfs) -> np.ndarray:
    """Return the middle of the values that each spike can stand for; 0 where there is none.

    Encoding the result gives the same spikes again, and no value is further from the original than
    half a step's range, ``(high - silent) / steps / 2``, or ``silent`` where there is no spike.

    Parameters
    ----------
    spikes : bool array ``[samples, steps, inputs]``
        As :func:`encode` makes them.
    coding : Ttfs
        What they were encoded by.

    Returns
    -------
    float64 array ``[samples, inputs]``

    Raises
    ------
    DataError
        The spikes are of another shape.
    """
    instance(Ttfs)("coding", coding)
    spikes = np.asarray(spikes)
    if spikes.ndim != 3 or spikes.shape[1:] != (coding.steps, coding.inputs):
        shape = " × ".join(map(str, spikes.shape)) or "a single value"
        raise DataError(
            f"the spikes are of shape {shape}; they must be samples × {coding.steps} steps × "
            f"{coding.inputs} inputs"
        )
    width = (coding.high - coding.silent) / coding.steps
    values = coding.high - width * (np.arange(coding.steps) + 0.5)
    return np.max(np.where(spikes, values[None, :, None], 0.0), axis=1)


def check(samples: np.ndarray, coding: Ttfs) -> None:
    """Raise :exc:`DataError`, saying where, unless the samples can be encoded."""
    if samples.ndim != 2 or samples.shape[1] != coding.inputs:
        shape = " × ".join(map(str, samples.shape)) or "a single number"
        raise DataError(
            f"the input is of shape {shape}; it must be samples × {coding.inputs} values"
        )
    if not np.issubdtype(samples.dtype, np.number) or np.iscomplexobj(samples):
        raise DataError(f"the input holds {samples.dtype} values; it must hold real numbers")
    bad = ~((samples >= 0) & (samples <= coding.high))  # NaN compares false, so it is bad too
    if bad.any():
        sample, value = (int(index[0]) for index in np.nonzero(bad))
        raise DataError(
            f"value {value} of sample {sample} is {samples[sample, value]}; "
            f"values must be numbers from 0 to {coding.high:g}"
        )
