"""The digits and their split."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from spikewright.errors import DataError
from spikewright.task.digits import load, validation
from spikewright.task.task import Task


def rows(x: np.ndarray) -> list[bytes]:
    return sorted(row.tobytes() for row in x)


def test_split_is_eighty_to_twenty_and_covers_the_set():
    task = load()
    assert task.x_train.shape == (1437, 64) and task.x_test.shape == (360, 64)
    assert task.x_train.dtype == np.float32 and task.y_train.dtype == np.int64
    whole = np.asarray(load_digits(return_X_y=True)[0], np.float32)
    assert rows(np.concatenate([task.x_train, task.x_test])) == rows(whole)
    assert task.inputs == 64 and task.image == (8, 8)


def test_split_is_the_same_each_time():
    # The test labels of random_state 0; another state or a stratified split gives others.
    assert load().y_test[:12].tolist() == [2, 8, 2, 6, 6, 7, 1, 9, 8, 5, 2, 8]


def test_values_and_labels_fill_their_ranges():
    task = load()
    for x in (task.x_train, task.x_test):
        assert x.min() == task.low and x.max() == task.high
    assert sorted(set(task.y_test.tolist())) == list(range(task.classes))


def test_folds_part_the_training_samples_and_leave_the_test_alone():
    task = load()
    held = []
    for fold in range(5):
        part = validation(task, fold=fold)
        held.append(part.x_test)
        assert rows(np.concatenate([part.x_train, part.x_test])) == rows(task.x_train)
    assert rows(np.concatenate(held)) == rows(task.x_train)


def test_another_seed_gives_other_folds():
    task = load()
    one, other = (validation(task, fold=0, seed=seed).x_test for seed in (0, 1))
    assert not np.array_equal(one, other)


def test_fold_out_of_range_is_refused():
    with pytest.raises(DataError, match=r"there is no fold 5 of 5; folds are numbered from 0"):
        validation(load(), fold=5)


def task_of(x_train, y_train, x_test, y_test) -> Task:
    return Task(
        name="t",
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        low=0,
        high=1,
        classes=2,
    )


def test_labels_must_be_as_many_as_samples():
    message = r"the test part of t has samples of shape \(2, 3\) and labels of shape \(4,\)"
    with pytest.raises(DataError, match=message):
        task_of(np.zeros((2, 3)), np.zeros(2), np.zeros((2, 3)), np.zeros(4))


def test_parts_must_be_of_one_width():
    with pytest.raises(DataError, match="t has 3 inputs in the training part and 4 in the test"):
        task_of(np.zeros((2, 3)), np.zeros(2, int), np.zeros((2, 4)), np.zeros(2, int))
