"""WISDM: the windows of a watch, as NeuroBench's harness reads them."""

import hashlib
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from spikewright.errors import DataError
from spikewright.task import wisdm
from spikewright.task.known import load_task
from spikewright.task.wisdm import ACTIVITIES, read_windows

from .data_files import WRITTEN

NAME = "watch_subset2_40.npz"


def drawn(path: Path, *, seed: int = 0) -> list[np.ndarray]:
    """Write a file of drawn windows; return its arrays."""
    random = np.random.default_rng(seed)
    labels = [np.arange(count) % 7 for count in (14, 7, 9)]
    arrays = [random.normal(size=(len(one), 40, 6)) for one in labels]
    arrays += [np.eye(7, dtype=np.float32)[random.permutation(one)] for one in labels]
    np.savez(path, *arrays)
    return arrays


def refused(path: Path, message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_windows(path)


def changed(path: Path, number: int, change: Any) -> None:
    """Write a file whose array of that number is another."""
    arrays = drawn(path)
    arrays[number] = change(arrays[number])
    np.savez(path, *arrays)


@pytest.fixture
def harness(monkeypatch):
    """NeuroBench's own loader; what it trains and fetches with is not asked."""
    lightning, gdown = ModuleType("pytorch_lightning"), ModuleType("gdown")
    lightning.LightningDataModule = object  # pyright: ignore[reportAttributeAccessIssue]
    for module in (lightning, gdown):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    from neurobench.datasets.WISDM import WISDM

    return WISDM


def test_windows_are_those_of_the_harness(harness, tmp_path):
    drawn(tmp_path / NAME)
    theirs = harness(path=str(tmp_path))
    ours = read_windows(tmp_path / NAME)
    sets = (theirs.train_dataset, theirs.val_dataset, theirs.test_dataset)
    for (windows, labels), (x, y) in zip(ours, sets, strict=True):
        assert np.array_equal(windows, x.numpy()) and np.array_equal(labels, y.numpy())
    assert (theirs.num_steps, theirs.num_inputs, theirs.num_outputs) == (40, 6, len(ACTIVITIES))
    task = load_task("wisdm", folder=tmp_path)
    assert np.array_equal(task.y_train, ours[0][1]) and np.array_equal(task.y_test, ours[2][1])
    assert (task.kind, task.shape, task.classes) == ("signal", (40, 6), len(ACTIVITIES))


def test_a_part_that_is_exchanged_is_seen(harness, tmp_path):
    """The comparison with the harness can fail."""
    drawn(tmp_path / NAME)
    theirs = harness(path=str(tmp_path))
    assert not np.array_equal(read_windows(tmp_path / NAME)[1][1], theirs.test_dataset[1].numpy())


def test_the_authors_file_is_held_to_its_sum(tmp_path, monkeypatch):
    path = tmp_path / "data_watch_subset2_40.npz"
    drawn(path)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    published = wisdm.SHA256[path.name]
    with pytest.raises(DataError) as caught:
        load_task("wisdm", folder=tmp_path)
    assert str(caught.value) == (
        f"{path} has the SHA-256 {found}, and its authors' file has {published}, so it was altered "
        "or only partly fetched; fetch it again"
    )
    monkeypatch.setitem(wisdm.SHA256, path.name, found)
    assert len(load_task("wisdm", folder=tmp_path).x_train) == 14
    (tmp_path / "SHA256SUMS").write_text(f"{'0' * 64}  {path.name}\n")
    with pytest.raises(DataError, match="has another SHA-256 than the list beside it says"):
        load_task("wisdm", folder=tmp_path)


def test_arrays_of_another_form(tmp_path):
    path = tmp_path / NAME
    np.savez(path, *drawn(path)[:4])
    refused(path, f"{path} lacks the array arr_4; fetch it again")
    changed(path, 2, lambda one: one[:, :39])
    refused(
        path,
        f"arr_2 of {path}, the test part, is of shape 9 × 39 × 6; it must be samples × 40 × 6, "
        "and at least one sample",
    )
    changed(path, 1, lambda one: np.where(np.arange(6) == 4, np.nan, one))
    refused(
        path,
        f"value [0, 4] of sample 0 of arr_1 of {path}, the part to choose by, is nan; values must "
        "be finite numbers",
    )
    changed(path, 3, lambda one: one[:, :6])
    refused(
        path,
        f"arr_3 of {path} is of float32 and of shape 14 × 6; it must be numbers of shape 14 × 7, a "
        "row for each window",
    )
    changed(path, 5, lambda one: one.astype(str))
    refused(
        path,
        f"arr_5 of {path} is of <U32 and of shape 9 × 7; it must be numbers of shape 9 × 7, a row "
        "for each window",
    )
    for change in (lambda one: one * 0, lambda one: one / 2, lambda one: one * 0 + 1):
        changed(path, 4, change)
        refused(
            path,
            f"row 0 of arr_4 of {path} is no label: it must have a 1 at its class, and 0 elsewhere",
        )
    np.savez(path, *([np.array([{}], object)] * 6))
    with pytest.raises(DataError, match="holds Python objects, which are never loaded"):
        read_windows(path)


def test_channels_are_standardised_by_the_training_part(tmp_path):
    WRITTEN["wisdm", "the benchmark's"](tmp_path)
    task = load_task("wisdm", folder=tmp_path)
    assert set(np.unique(task.x_test)) == {-1, 1} and (task.low, task.high) == (-4, 4)
