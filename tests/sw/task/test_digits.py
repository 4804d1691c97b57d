"""The digits and their split."""

import numpy as np
from sklearn.datasets import load_digits

from spikewright.task.digits import load


def rows(x: np.ndarray) -> list[bytes]:
    return sorted(row.tobytes() for row in x)


def test_split_is_eighty_to_twenty_and_covers_the_set():
    task = load()
    assert task.x_train.shape == (1437, 8, 8) and task.x_test.shape == (360, 8, 8)
    assert task.x_train.dtype == np.float32 and task.y_train.dtype == np.int64
    whole = np.asarray(load_digits(return_X_y=True)[0], np.float32)
    assert rows(np.concatenate([task.x_train, task.x_test])) == rows(whole)
    assert task.values == 64 and task.image == (8, 8)


def test_split_is_the_same_each_time():
    # The test labels of random_state 0; another state or a stratified split gives others.
    assert load().y_test[:12].tolist() == [2, 8, 2, 6, 6, 7, 1, 9, 8, 5, 2, 8]


def test_values_and_labels_fill_their_ranges():
    task = load()
    for x in (task.x_train, task.x_test):
        assert x.min() == task.low and x.max() == task.high
    assert sorted(set(task.y_test.tolist())) == list(range(task.classes))
