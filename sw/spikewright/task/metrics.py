"""How well targets were met: the share of right labels, and the error of values."""

import numpy as np

__all__ = ["accuracy", "error"]


def accuracy(outputs: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of labels that are the highest output, 0 to 1; of equal ones, the first.

    Parameters
    ----------
    outputs : array ``[..., outputs]``
    labels : int array ``[...]``
        One for each sample, or for each of its steps.
    """
    return float(np.mean(outputs.argmax(axis=-1) == labels))


def error(values: np.ndarray, targets: np.ndarray) -> float:
    """Return the root of the mean squared error of values, in their unit; arrays of one shape."""
    return float(np.sqrt(np.mean(np.square(values - targets))))
