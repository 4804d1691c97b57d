"""How well targets were met, held to what scikit-learn computes."""

import numpy as np
import pytest
from sklearn import metrics

from spikewright.task.metrics import class_scores, explained_each


def test_scores_of_each_class_are_those_of_scikit_learn():
    random = np.random.default_rng(0)
    labels, predictions = random.integers(0, 5, (2, 200))
    found = class_scores(predictions, labels, classes=5)
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(labels, predictions)
    assert np.allclose(found.recall, recall)
    assert np.allclose(found.precision, precision) and np.allclose(found.f1, f1)
    assert found.balanced == pytest.approx(
        metrics.balanced_accuracy_score(labels, predictions)
    )


def test_a_class_that_nobody_asked_is_in_no_mean():
    found = class_scores(np.array([0, 0, 2]), np.array([0, 1, 0]), classes=4)
    assert found.recall.tolist()[:2] == [0.5, 0.0] and np.isnan(found.recall[2:]).all()
    assert found.precision.tolist() == [0.5, 0, 0, 0] and found.f1.tolist() == [0.5, 0, 0, 0]
    assert found.balanced == 0.25
    with pytest.raises(ValueError, match=r"^labels is an array of int64 of shape"):
        class_scores(np.array([0, 1]), np.array([0]), classes=2)


def test_what_is_explained_of_each_output_is_that_of_scikit_learn():
    values, targets = np.random.default_rng(0).normal(size=(2, 50, 3))
    assert explained_each(values, targets) == pytest.approx(
        metrics.r2_score(targets, values, multioutput="raw_values")
    )
    with pytest.raises(ValueError, match=r"^values has the shape \[50, 3\] and targets \[49, 3\]"):
        explained_each(values, targets[1:])
    with pytest.raises(ValueError, match=r"^the targets of output 1 do not vary, so that it has"):
        explained_each(values, targets * [1, 0, 1])
