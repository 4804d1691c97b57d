"""What a network learns: samples, labels, and which of them are for what."""

from dataclasses import dataclass

import numpy as np

from spikewright.errors import DataError

__all__ = ["Task"]


@dataclass(frozen=True, kw_only=True)
class Task:
    """A classification task with its split.

    Nothing is ever chosen on the test part: a choice is made on a part of the training samples,
    see :func:`spikewright.task.digits.validation`.

    Parameters
    ----------
    name : str
        Stem of the module that loads it.
    x_train, x_test : float32 arrays ``[samples, inputs]``
        Samples.
    y_train, y_test : int64 arrays ``[samples]``
        Labels, 0 to ``classes - 1``.
    low, high : float
        Range of the samples' values, both ends included.
    classes : int
        Number of classes.
    image : tuple of int
        Height and width of a sample that is an image, row by row; empty for any other.

    Raises
    ------
    DataError
        A part has another number of labels than samples, or the parts differ in width.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    low: float
    high: float
    classes: int
    image: tuple[int, ...] = ()

    def __post_init__(self):
        for part, x, y in (
            ("training", self.x_train, self.y_train),
            ("test", self.x_test, self.y_test),
        ):
            if x.ndim != 2 or y.shape != x.shape[:1]:
                raise DataError(
                    f"the {part} part of {self.name} has samples of shape {x.shape} and labels of "
                    f"shape {y.shape}; it needs [samples, inputs] and [samples]"
                )
        if self.x_train.shape[1] != self.x_test.shape[1]:
            raise DataError(
                f"{self.name} has {self.x_train.shape[1]} inputs in the training part and "
                f"{self.x_test.shape[1]} in the test part; they must be the same"
            )

    @property
    def inputs(self) -> int:
        """Values of one sample."""
        return self.x_train.shape[1]
