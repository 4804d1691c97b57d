"""What the codings share: checks of samples and spikes, and encoding part by part."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from spikewright.errors import DataError

from .coding import Coding, input_bits

__all__ = ["as_array", "check_range", "check_spikes", "in_parts", "shape_words", "vectors"]

#: Values that are encoded at once: what is held in float64 meanwhile.
_PART = 1 << 20


def vectors(samples: ArrayLike, *, size: int, low: float, high: float) -> np.ndarray:
    """Return samples as rows of ``size`` values from ``low`` to ``high``, in their own type.

    Raises
    ------
    DataError
        A sample has another size, or a value is not a number or out of range.
    """
    given = as_array(samples)
    if given.ndim < 2 or np.prod(given.shape[1:], dtype=object) != size:
        raise DataError(
            f"the input is of shape {shape_words(given)}; it must be samples × {size} values"
        )
    check_range(given, low=low, high=high)
    return given.reshape(len(given), size)


def as_array(samples: ArrayLike) -> np.ndarray:
    """Return samples as an array; :exc:`DataError` unless they are all of the same shape."""
    try:
        return np.asarray(samples)
    except ValueError:
        raise DataError("the samples are not all of the same shape") from None


def check_range(samples: np.ndarray, *, low: float, high: float) -> None:
    """Raise :exc:`DataError`, saying where, unless all values are numbers in a range."""
    if samples.dtype.kind not in "fiu":
        raise DataError(f"the input holds {samples.dtype} values; it must hold real numbers")
    # Compared in their own type, in which the ends are rounded as the samples were. NaN compares
    # false, and infinity may be what high is rounded to: they are bad, too.
    bad = ~((samples >= float(low)) & (samples <= float(high)) & np.isfinite(samples))
    if bad.any():
        sample, *place = np.unravel_index(int(bad.argmax()), bad.shape)
        index = ", ".join(map(str, place))
        raise DataError(
            f"value {index if len(place) == 1 else f'[{index}]'} of sample {sample} is "
            f"{samples[(sample, *place)]}; values must be numbers from {low:g} to {high:g}"
        )


def check_spikes(spikes: ArrayLike, coding: Coding) -> np.ndarray:
    """Return what a coding makes as an array; :exc:`DataError` unless it is of its shape."""
    given = as_array(spikes)
    what = "spikes" if input_bits(coding) == 1 else "graded inputs"
    if given.ndim != 3 or given.shape[1:] != (coding.steps, coding.inputs):
        raise DataError(
            f"the {what} are of shape {shape_words(given)}; they must be samples × "
            f"{coding.steps} steps × {coding.inputs} inputs"
        )
    return given


def in_parts(
    samples: np.ndarray, coding: Coding, part: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Encode samples by a function of some of them, so that all are never held in float64.

    ``part`` takes float64 samples and returns their spikes; it may not depend on which others are
    encoded with them.
    """
    spikes = np.zeros((len(samples), coding.steps, coding.inputs), bool)
    length = max(1, _PART // max(1, samples[:1].size))
    for start in range(0, len(samples), length):
        some = slice(start, start + length)
        spikes[some] = part(samples[some].astype(np.float64))
    return spikes


def shape_words(array: np.ndarray) -> str:
    """Return an array's shape in words."""
    return " × ".join(map(str, array.shape)) or "a single value"
