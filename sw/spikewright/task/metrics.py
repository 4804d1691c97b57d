"""How well targets were met: the share of right labels, and the error of values."""

from dataclasses import dataclass

import numpy as np

__all__ = [
    "ClassScores", "accuracy", "class_scores", "error", "explained", "explained_each", "score",
    "share_right",
]


def accuracy(outputs: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of labels that are the highest output, 0 to 1; of equal ones, the first.

    Parameters
    ----------
    outputs : array ``[..., outputs]``
    labels : int array ``[...]``
        One for each sample, or for each of its steps.
    """
    return share_right(outputs.argmax(axis=-1), labels)


def share_right(predictions: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of predictions that are the labels, 0 to 1.

    Raises :exc:`ValueError` unless these are as many whole numbers, and at least one.
    """
    labels = np.asarray(labels)
    if labels.shape != predictions.shape or not labels.size or labels.dtype.kind not in "iu":
        raise ValueError(
            f"labels is an array of {labels.dtype} of shape {list(labels.shape)}; it must have "
            f"whole numbers, one for each of the {len(predictions)} samples, and at least one"
        )
    return float(np.mean(predictions == labels))


def error(values: np.ndarray, targets: np.ndarray) -> float:
    """Return the root of the mean squared error of values, in their unit; arrays of one shape."""
    return float(np.sqrt(np.mean(np.square(values - targets))))


def explained(values: np.ndarray, targets: np.ndarray) -> float | None:
    """Return the coefficient of determination R²; None where the targets do not vary.

    One minus the sum of the squared errors over that of the targets' distances from their mean,
    each output's own, over all outputs together. 1 is perfect; the mean alone has 0.

    Parameters
    ----------
    values, targets : array ``[samples, outputs]`` or ``[samples, steps, outputs]``
    """
    mean = targets.mean(axis=tuple(range(targets.ndim - 1)))
    spread = float(np.square(targets - mean).sum())
    return 1 - float(np.square(values - targets).sum()) / spread if spread else None


def explained_each(values: np.ndarray, targets: np.ndarray) -> tuple[float, ...]:
    """Return R² of each output, the last axis; NeuroBench's R2 is the mean of two.

    Parameters
    ----------
    values, targets : array ``[samples, outputs]``

    Raises :exc:`ValueError` for arrays of two shapes, and for an output whose targets do not vary.
    """
    if values.shape != targets.shape or targets.ndim != 2 or not targets.size:
        raise ValueError(
            f"values has the shape {list(values.shape)} and targets {list(targets.shape)}; both "
            "must be [samples, outputs], with one at least"
        )
    found = [explained(values[:, [one]], targets[:, [one]]) for one in range(targets.shape[1])]
    for one, share in enumerate(found):
        if share is None:
            raise ValueError(f"the targets of output {one} do not vary, so that it has no R²")
    return tuple(found)  # pyright: ignore[reportReturnType]


def score(answers: np.ndarray, targets: np.ndarray) -> float:
    """Return the share of right labels, if the targets are whole numbers, or else the error."""
    if targets.dtype.kind == "f":
        return error(answers, targets)
    return share_right(answers, targets)


@dataclass(frozen=True)
class ClassScores:
    """How well each class is told, each a float array ``[classes]`` of shares, 0 to 1.

    Parameters
    ----------
    recall : array
        Of the samples of a class, those that are answered by it; NaN of a class without samples.
    precision : array
        Of the answers with a class, those that are right; 0 of a class that is never answered.
    f1 : array
        The harmonic mean of the two; 0 where neither is anything.
    """

    recall: np.ndarray
    precision: np.ndarray
    f1: np.ndarray

    @property
    def balanced(self) -> float:
        """Balanced accuracy: the mean recall of the classes that have samples."""
        return float(np.nanmean(self.recall))


def class_scores(predictions: np.ndarray, labels: np.ndarray, *, classes: int) -> ClassScores:
    """Return how well each class is told.

    Parameters
    ----------
    predictions, labels : int array ``[samples]``
    classes : int

    Raises :exc:`ValueError` as :func:`share_right` does.
    """
    share_right(predictions, labels)
    right = np.bincount(labels[predictions == labels], minlength=classes).astype(float)
    there = np.bincount(labels, minlength=classes)
    said = np.bincount(predictions, minlength=classes)
    return ClassScores(
        recall=np.where(there > 0, right / np.maximum(there, 1), np.nan),
        precision=right / np.maximum(said, 1),
        f1=2 * right / np.maximum(there + said, 1),
    )
