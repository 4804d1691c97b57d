"""Numbers to streams and back in software, on arrays of bits with time as the last axis.

Each function is equal, bit for bit, to the core of ``spikewright_hw.stochastic.number`` that its
first line names, and works on all leading axes at once.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikewright_hw.stochastic.number import estimator, sng

__all__ = ["Estimate", "bipolar", "estimate", "sign_magnitude", "unipolar", "value", "weighted"]

Bits = NDArray[np.bool_]


@dataclass(frozen=True)
class Estimate:
    """What runs came to, an array each of the streams' leading axes."""

    count: NDArray[np.int64]
    used: NDArray[np.int64]
    decision: Bits


def unipolar(values: ArrayLike, numbers: ArrayLike) -> Bits:
    """Make streams of values from 0 to ``2**width`` (``sng``).

    Parameters
    ----------
    values : int array
    numbers : int array ``[..., length]``
        Random numbers, whose leading axes match those of ``values``; without any, all values share
        them.

    Returns
    -------
    bool array ``[..., length]``
    """
    return np.asarray(numbers) < np.asarray(values)[..., None]


def bipolar(values: ArrayLike, numbers: ArrayLike, *, width: int) -> Bits:
    """Make streams of values from ``-2**(width-1)`` to ``2**(width-1)`` (``sng``)."""
    half = sng.threshold(0, width=width, encoding="bipolar")
    return unipolar(np.asarray(values) + half, numbers)


def sign_magnitude(values: ArrayLike, numbers: ArrayLike) -> tuple[Bits, Bits]:
    """Make signs and streams of magnitudes of values from ``-2**width`` on (``sng``).

    A sign of one is negative; it stands beside each bit of its stream.
    """
    values = np.asarray(values)
    magnitude = unipolar(abs(values), numbers)
    return np.broadcast_to((values < 0)[..., None], magnitude.shape), magnitude


def weighted(values: ArrayLike, numbers: ArrayLike, *, width: int) -> Bits:
    """Make streams of values from 0 to ``2**width - 1`` (``weighted_generator``)."""
    numbers = np.asarray(numbers)
    leading = np.frexp(numbers)[1]  # one more than the place of the leading one; 0 for zero
    picked = np.asarray(values)[..., None] >> np.maximum(leading - 1, 0) & 1
    return (picked == 1) & (numbers != 0)


def value(bits: Bits, *, encoding: str = "unipolar") -> NDArray[np.float64]:
    """Return the value of whole streams; of sign and magnitude, that of the magnitude."""
    mean = np.asarray(bits).mean(axis=-1)
    return 2 * mean - 1 if encoding == "bipolar" else mean


def estimate(
    bits: Bits,
    *,
    length: int,
    threshold: int | None = None,
    confidence: float | None = None,
) -> Estimate:
    """Return the first run of each stream (``estimator``).

    Streams have ``length`` bits at least; those after a run's last are not looked at.
    """
    bits = np.asarray(bits)[..., :length]
    if bits.shape[-1] < length:
        raise ValueError(f"runs of {length} bits need streams as long, not of {bits.shape[-1]}")
    used = np.arange(1, length + 1)
    ones = bits.cumsum(axis=-1)
    if threshold is not None:
        over = (ones >= threshold) | (used - ones > length - threshold)
    elif confidence is not None:
        line = estimator.boundary(length=length, confidence=confidence)
        over = abs(2 * ones - used) >= line.intercept + (used >> line.shift)
    else:
        over = np.zeros(bits.shape, bool)
    over[..., -1] = True
    last = over.argmax(axis=-1)
    count = np.take_along_axis(ones, last[..., None], axis=-1)[..., 0]
    used = last + 1
    return Estimate(count, used, count >= threshold if threshold is not None else 2 * count >= used)
