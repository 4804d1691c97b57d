"""The samples of a task: arrays of their kind, checked value by value."""

from collections.abc import Sized

import numpy as np

from spikewright.errors import DataError

from .events import checked_events

__all__ = ["array", "checked_samples", "place_of", "shape_of", "wanted_samples"]

#: By kind: what a sample's axes are, in words, for each number of them that there may be.
_AXES = {
    "image": ("height, width", "height, width, channels"),
    "signal": ("time", "time, channels"),
    "spikes": ("steps, inputs",),
}


def array(values: object, *, name: str) -> np.ndarray:
    """Return values as an array.

    Raises
    ------
    DataError
        They are of different lengths.
    """
    try:
        return np.asarray(values)
    except ValueError as error:
        raise DataError(
            f"{name} is no array: its parts differ in shape; all samples must have the same"
        ) from error


def wanted_samples(
    samples: int | None, *, test: Sized, task: str, argument: str = "samples"
) -> int:
    """Return how many of the test samples are wanted: all of them, if it is not said.

    Raises
    ------
    DataError
        The test part has fewer.
    """
    there = len(test)
    wanted = there if samples is None else samples
    if wanted > there:
        raise DataError(
            f"{task} has {there} test samples; {argument}= must be 1 to {there}, not {wanted}"
        )
    return wanted


def shape_of(values: object, *, kind: str, name: str) -> tuple[int, ...]:
    """Return the shape of one sample.

    Raises
    ------
    DataError
        The array has none: there are no samples, or they are events.
    """
    if kind == "events":
        raise DataError(
            f"{name} holds events, which do not say how large the frame is; give shape= its "
            "height, width and polarities"
        )
    samples = array(values, name=name)
    if samples.ndim < 2 or not samples.size:
        raise DataError(
            f"{name} is of shape {_shown(samples.shape)}; it must be samples × the shape of a "
            "sample, and some of each"
        )
    return samples.shape[1:]


def checked_samples(
    values: object, *, kind: str, shape: tuple[int, ...], name: str
) -> np.ndarray:
    """Return samples as a task keeps them.

    Parameters
    ----------
    values : array_like
        As a user gave them.
    kind : str
    shape : tuple of int
        Of one sample.
    name : str
        What they are, for errors.

    Raises
    ------
    DataError
        They are of another shape or type, or a value is no number; the message names the place.
    """
    if kind == "events":
        return checked_events(values, frame=shape, name=name)
    axes = _AXES.get(kind)
    if axes and len(shape) not in (len(one.split(", ")) for one in axes):
        raise DataError(
            f"{name} is {kind}, of shape {_shown(shape)} a sample; it must be "
            f"{' or '.join(f'[{one}]' for one in axes)}"
        )
    samples = array(values, name=name)
    if samples.dtype == object:
        raise DataError(
            f"{name} holds objects; it must hold numbers, and all samples of the same shape"
        )
    if samples.shape[1:] != shape or not samples.size:
        raise DataError(
            f"{name} is of shape {_shown(samples.shape)}; it must be samples × "
            f"{_shown(shape)}, and at least one sample"
        )
    return _spikes(samples, name=name) if kind == "spikes" else _numbers(samples, name=name)


def place_of(wrong: np.ndarray, *, what: str = "value") -> tuple[tuple[int, ...], str]:
    """Return where the first of the wrong values is, and that in words.

    Parameters
    ----------
    wrong : bool array ``[samples, ...]``
        At least one is true.
    what : str
        What a sample is made of.
    """
    index = tuple(int(axis[0]) for axis in np.nonzero(wrong))
    sample, *rest = index
    if not rest:
        return index, f"sample {sample}"
    at = str(rest[0]) if len(rest) == 1 else str(rest)
    return index, f"{what} {at} of sample {sample}"


def _numbers(samples: np.ndarray, *, name: str) -> np.ndarray:
    if samples.dtype.kind not in "fiub":
        raise DataError(f"{name} holds {samples.dtype} values; it must hold real numbers")
    with np.errstate(over="ignore"):  # what float32 cannot hold is refused below
        kept = np.ascontiguousarray(samples, np.float32)
    wrong = ~np.isfinite(kept)
    if wrong.any():
        index, place = place_of(wrong)
        raise DataError(f"{place} of {name} is {samples[index]}; values must be finite numbers")
    return kept


def _spikes(samples: np.ndarray, *, name: str) -> np.ndarray:
    if samples.dtype.kind not in "fiub":
        raise DataError(f"{name} holds {samples.dtype} values; spikes are 0 or 1")
    wrong = (samples != 0) & (samples != 1)
    if wrong.any():
        index, place = place_of(wrong)
        raise DataError(f"{place} of {name} is {samples[index]}; spikes are 0 or 1")
    return np.ascontiguousarray(samples, bool)


def _shown(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) or "a single value"
