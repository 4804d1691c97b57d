"""The targets of a task: labels, or values, for a sample or for each of its steps."""

import numpy as np

from spikewright.errors import DataError

from .samples import array, place_of

__all__ = ["checked_targets", "classes_of"]


def classes_of(values: object, *, name: str) -> int:
    """Return how many classes labels are of, by the highest; 0 for floats, which are values.

    Raises :exc:`~spikewright.errors.DataError` for floats that could be labels as well.
    """
    targets = array(values, name=name)
    if targets.dtype.kind == "f":
        if targets.ndim == 1 and targets.size and (targets == np.floor(targets)).all():
            raise DataError(
                f"{name} holds whole numbers as {targets.dtype}; give labels as integers, or say "
                "by classes of 0 that they are values"
            )
        return 0
    return int(_labels(targets, name=name).max(initial=0)) + 1


def checked_targets(
    values: object, *, classes: int, steps: int, samples: int, name: str
) -> np.ndarray:
    """Return targets as a task keeps them: labels as int64, values as float64.

    Parameters
    ----------
    values : array_like
        As a user gave them.
    classes : int
        Number of classes; 0, if the targets are values.
    steps : int
        Steps of a sample, 0 if it has none.
    samples : int
        How many samples there are.
    name : str
        What they are, for errors.

    Raises
    ------
    DataError
        They are of another shape or type, or a target is out of range; the message names the place.
    """
    targets = array(values, name=name)
    if targets.ndim < 1 or len(targets) != samples:
        raise DataError(
            f"{name} is of shape {_shown(targets)}, but there are {samples} samples; each needs a "
            "target"
        )
    kept = _classes(targets, classes, name) if classes else _values(targets, name)
    if kept.ndim == (2 if classes else 3) and kept.shape[1] != steps:
        raise DataError(
            f"{name} is of shape {_shown(targets)}, a target at each step, but a sample has "
            f"{f'{steps} steps' if steps else 'no steps in time'}"
        )
    return kept


def _classes(targets: np.ndarray, classes: int, name: str) -> np.ndarray:
    labels = _labels(targets, name=name)
    if labels.ndim > 2:
        raise DataError(
            f"{name} is of shape {_shown(targets)}; labels are [samples], or [samples, steps]"
        )
    wrong = (labels < 0) | (labels >= classes)
    if wrong.any():
        index, place = place_of(wrong, what="step")
        raise DataError(
            f"the label of {place} of {name} is {labels[index]}; labels must be from 0 to "
            f"{classes - 1}"
        )
    return np.ascontiguousarray(labels, np.int64)


def _labels(targets: np.ndarray, *, name: str) -> np.ndarray:
    if targets.dtype.kind not in "iu":
        raise DataError(
            f"{name} holds {targets.dtype} values; labels are whole numbers, and targets that are "
            "values have classes of 0"
        )
    if (targets < 0).any():
        index, place = place_of(targets < 0, what="step")
        raise DataError(f"the label of {place} of {name} is {targets[index]}; labels begin at 0")
    return targets


def _values(targets: np.ndarray, name: str) -> np.ndarray:
    if targets.dtype.kind not in "fiu":
        raise DataError(f"{name} holds {targets.dtype} values; targets must be real numbers")
    kept = np.ascontiguousarray(targets, np.float64)
    if kept.ndim == 1:
        kept = kept[:, None]
    if kept.ndim > 3 or not kept.size:
        raise DataError(
            f"{name} is of shape {_shown(targets)}; values are [samples, outputs], or "
            "[samples, steps, outputs]"
        )
    wrong = ~np.isfinite(kept)
    if wrong.any():
        index, place = place_of(wrong)
        raise DataError(f"{place} of {name} is {kept[index]}; targets must be finite numbers")
    return kept


def _shown(targets: np.ndarray) -> str:
    return " × ".join(map(str, targets.shape)) or "a single value"
