"""Handwritten digits of 8 × 8 pixels: the data set that scikit-learn brings along.

The set is the test part of the UCI "Optical Recognition of Handwritten Digits" set (E. Alpaydin and
C. Kaynak, 1998): 1797 images, ten classes, each pixel a count from 0 to 16.
"""

from dataclasses import replace

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold, train_test_split

from spikewright.errors import DataError

from .task import Task

__all__ = ["SIDE", "load", "validation"]

#: Pixels along one side of an image.
SIDE = 8


def load(*, stratified: bool = False) -> Task:
    """Return the digits, split 80/20 at random with a fixed state: 1437 to train, 360 to test.

    ``stratified`` splits each class 80/20, as comparisons with other projects' figures need it.
    """
    x, y = load_digits(return_X_y=True)
    parts = train_test_split(
        np.asarray(x, np.float32), np.asarray(y, np.int64), test_size=0.2, random_state=0,
        stratify=y if stratified else None,
    )
    x_train, x_test, y_train, y_test = map(np.asarray, parts)
    return Task(
        name="digits-stratified" if stratified else "digits",
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        low=0.0,
        high=16.0,
        classes=10,
        image=(SIDE, SIDE),
    )


def validation(task: Task, *, fold: int, folds: int = 5, seed: int = 0) -> Task:
    """Split the training part of a task again, for choosing anything; the test part is left out.

    Parameters
    ----------
    fold : int
        Which of the ``folds`` stratified parts takes the test part's place, from 0.
    seed : int
        Another seed, other folds.

    Raises
    ------
    DataError
        There is no such fold.
    """
    if not 0 <= fold < folds:
        raise DataError(f"there is no fold {fold} of {folds}; folds are numbered from 0")
    splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    rest, held = list(splitter.split(task.x_train, task.y_train))[fold]
    return replace(
        task,
        name=f"{task.name}-validation-{seed}-{fold}",
        x_train=task.x_train[rest],
        y_train=task.y_train[rest],
        x_test=task.x_train[held],
        y_test=task.y_train[held],
    )
