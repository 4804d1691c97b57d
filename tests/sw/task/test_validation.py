"""Folds of the training part, of every kind of task."""

import re
from dataclasses import replace

import numpy as np
import pytest

from spikewright.errors import DataError
from spikewright.task.digits import load
from spikewright.task.task import Task
from spikewright.task.validation import validation

from .made import KINDS, made


def rows(x: np.ndarray) -> list[bytes]:
    return sorted(row.tobytes() for row in x)


@pytest.mark.parametrize("kind", KINDS)
def test_folds_part_the_training_samples_and_leave_the_test_alone(kind):
    task = made(kind, samples=20)
    held = []
    for fold in range(5):
        part = validation(task, fold=fold)
        held.append(part.x_test)
        assert rows(np.concatenate([part.x_train, part.x_test])) == rows(task.x_train)
        assert (part.kind, part.shape, part.low, part.high, part.classes) == (
            task.kind, task.shape, task.low, task.high, task.classes
        )
    assert rows(np.concatenate(held)) == rows(task.x_train)


def test_the_folds_of_the_digits_are_those_that_the_settings_were_chosen_on():
    part = validation(load(), fold=0)
    assert part.name == "digits-validation-0-0" and part.x_test.shape == (288, 8, 8)
    assert part.y_test[:12].tolist() == [6, 8, 8, 7, 6, 5, 3, 3, 7, 2, 0, 9]


@pytest.mark.parametrize("targets", [
    np.linspace(0, 1, 20),
    np.tile([0, 1, 1], (20, 1)),
    np.linspace(0, 1, 120).reshape(20, 3, 2),
])
def test_targets_of_every_form(targets):
    task = Task(
        name="made", kind="signal", x_train=np.ones((20, 3)), y_train=targets,
        x_test=np.zeros((20, 3)), y_test=targets,
    )
    assert {len(validation(task, fold=fold, folds=4).y_test) for fold in range(4)} == {5}


def test_another_seed_gives_other_folds():
    one, other = (validation(load(), fold=0, seed=seed).x_test for seed in (0, 1))
    assert not np.array_equal(one, other)


def refused(task: Task, message: str, **choice: int) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        validation(task, **choice)


def test_a_fold_that_is_not_there():
    refused(load(), "there is no fold 5 of 5; folds are numbered from 0", fold=5)


def test_more_folds_than_samples():
    few = made("values", samples=6)
    refused(few, "class 0 of made has 2 training samples; 3 folds need at least as many",
            fold=0, folds=3)
    values = replace(few, y_train=np.zeros(6), y_test=np.zeros(3), classes=0)
    refused(values, "made has 6 training samples; 7 folds need at least as many", fold=0, folds=7)
