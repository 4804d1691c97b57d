"""Folds of the training part, for choosing anything without a look at the test part."""

from dataclasses import replace

import numpy as np

from spikewright.errors import DataError
from spikewright_hw.checks import instance

from .task import Task

__all__ = ["validation"]


def validation(task: Task, *, fold: int, folds: int = 5, seed: int = 0) -> Task:
    """Split the training part of a task again, for choosing anything; the test part is left out.

    The folds are drawn at random; where each sample has one label, each fold has the same share of
    each class.

    Parameters
    ----------
    task : Task
    fold : int
        Which of the ``folds`` parts takes the test part's place, from 0.
    folds : int
        At least 2.
    seed : int
        Another seed, other folds.

    Raises
    ------
    DataError
        There is no such fold, or there are fewer samples, or fewer of a class, than folds.
    """
    from sklearn.model_selection import KFold, StratifiedKFold

    instance(Task)("task", task)
    if not 0 <= fold < folds:
        raise DataError(f"there is no fold {fold} of {folds}; folds are numbered from 0")
    samples = np.zeros(len(task.x_train))
    stratified = task.classes and not task.each_step
    counts = np.bincount(task.y_train) if stratified else np.array([len(samples)])
    if counts.min() < folds:
        what = f"class {counts.argmin()} of {task.name}" if stratified else task.name
        raise DataError(
            f"{what} has {counts.min()} training samples; {folds} folds need at least as many"
        )
    kind = StratifiedKFold if stratified else KFold
    splitter = kind(folds, shuffle=True, random_state=seed)
    rest, held = list(splitter.split(samples, task.y_train))[fold]
    return replace(
        task,
        name=f"{task.name}-validation-{seed}-{fold}",
        x_train=task.x_train[rest],
        y_train=task.y_train[rest],
        x_test=task.x_train[held],
        y_test=task.y_train[held],
    )
