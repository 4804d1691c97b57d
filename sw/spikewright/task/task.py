"""What a network learns: samples, labels, and which of them are for what."""

from dataclasses import dataclass

import numpy as np

from spikewright.errors import DataError
from spikewright_hw.checks import real, settle, text, whole, wholes

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
        A part is empty or has another number of labels than samples, the parts differ in width, a
        value is out of the range, or a label is none of the classes.
    ValueError
        Another field is of another kind.
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
        settle(self, name=text, low=real(), high=real(), classes=whole(1), image=wholes(1))
        for part in ("train", "test"):
            for kind in ("x", "y"):
                name = f"{kind}_{part}"
                object.__setattr__(self, name, np.asarray(getattr(self, name)))
            self._check_shapes(part)
        if self.x_train.shape[1] != self.x_test.shape[1]:
            raise DataError(
                f"{self.name} has {self.x_train.shape[1]} inputs in the training part and "
                f"{self.x_test.shape[1]} in the test part; they must be the same"
            )
        for part in ("train", "test"):
            self._check_values(part)

    def _check_shapes(self, part: str) -> None:
        x, y = getattr(self, f"x_{part}"), getattr(self, f"y_{part}")
        called = "training" if part == "train" else part
        if x.ndim != 2 or y.shape != x.shape[:1] or not x.size:
            raise DataError(
                f"the {called} part of {self.name} has samples of shape {x.shape} and labels of "
                f"shape {y.shape}; it needs [samples, inputs] and [samples], and some of each"
            )

    def _check_values(self, part: str) -> None:
        x, y = getattr(self, f"x_{part}"), getattr(self, f"y_{part}")
        if x.dtype.kind not in "fiu" or not ((x >= self.low) & (x <= self.high)).all():
            raise DataError(
                f"x_{part} of {self.name} holds {x.dtype} values that are not all numbers from "
                f"{self.low:g} to {self.high:g}, as low and high say"
            )
        if y.dtype.kind not in "iu" or not ((y >= 0) & (y < self.classes)).all():
            raise DataError(
                f"y_{part} of {self.name} holds {y.dtype} values that are not all labels from 0 to "
                f"{self.classes - 1}, as classes says"
            )

    @property
    def inputs(self) -> int:
        """Values of one sample."""
        return self.x_train.shape[1]
