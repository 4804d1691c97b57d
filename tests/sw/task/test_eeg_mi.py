"""EEG motor imagery: the trials, as NeuroBench's harness reads them."""

import re
from pathlib import Path

import numpy as np
import pytest

from spikewright.errors import DataError
from spikewright.task.eeg_mi import HANDS, read_trials
from spikewright.task.known import load_task

from .data_files import WRITTEN


def drawn(folder: Path, *, dtype: type = np.float32) -> None:
    random = np.random.default_rng(0)
    for part, trials in (("train", 6), ("val", 3)):
        np.save(folder / f"{part}_X.npy", random.normal(size=(trials, 20, 62)).astype(dtype))
        np.save(folder / f"{part}_y.npy", random.permutation(np.arange(trials) % 2))


def refused(folder: Path, message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        load_task("eeg_mi", folder=folder)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_trials_are_those_of_the_harness(dtype, tmp_path):
    from neurobench.datasets.EEG import ThorEEGMI

    drawn(tmp_path, dtype=dtype)
    task = load_task("eeg_mi", folder=tmp_path)
    for part, labels in (("train", task.y_train), ("val", task.y_test)):
        theirs = ThorEEGMI(root=str(tmp_path), split=part, download=False)
        ours = read_trials(tmp_path, part)
        assert np.array_equal(ours[0], theirs.data.numpy())
        assert np.array_equal(ours[1], theirs.targets.numpy())
        assert np.array_equal(labels, ours[1])
    assert (task.kind, task.shape, task.classes) == ("signal", (20, 62), len(HANDS))


def test_files_are_held_to_the_list_beside_them(tmp_path):
    drawn(tmp_path)
    (tmp_path / "SHA256SUMS").write_text(f"{'0' * 64}  val_X.npy\n")
    refused(
        tmp_path,
        f"{tmp_path / 'val_X.npy'} has another SHA-256 than the list beside it says, so it was "
        "altered or only partly fetched; fetch it again",
    )


def test_arrays_of_another_form(tmp_path):
    drawn(tmp_path)
    trials, labels = tmp_path / "train_X.npy", tmp_path / "train_y.npy"
    whole = np.load(trials)
    np.save(trials, whole[..., :61])
    refused(
        tmp_path, f"{trials} is of shape 6 × 20 × 61; it must be trials × time × 62 electrodes"
    )
    np.save(trials, whole[:, :19])
    refused(
        tmp_path,
        f"a trial of {trials} has 19 samples and one of {tmp_path / 'val_X.npy'} 20; fetch both "
        "again",
    )
    np.save(trials, np.where(np.arange(62) == 61, np.inf, whole))
    refused(
        tmp_path,
        f"value [0, 61] of sample 0 of {trials} is inf; values must be finite numbers",
    )
    np.save(trials, whole[:5])
    refused(
        tmp_path,
        f"{labels} is of shape 6; it must have a label for each of the 5 trials of train_X.npy",
    )
    np.save(trials, whole)
    np.save(labels, np.array([0, 1, 2, 0, 1, 0]))
    refused(tmp_path, f"label 2 of {labels} is 2; it must be 0, right, or 1, left")
    np.save(labels, np.array(["0", "1"] * 3))
    refused(tmp_path, f"{labels} holds <U1 values; it must hold numbers, 0 or 1")


def test_files_that_are_no_arrays(tmp_path):
    drawn(tmp_path)
    path = tmp_path / "val_y.npy"
    content = path.read_bytes()
    for broken in (b"", b"labels: 0 1 0", content[:-1]):
        path.write_bytes(broken)
        with pytest.raises(DataError, match=f"^{re.escape(str(path))} cannot be read: .*; fetch it "
                                            "again$"):
            load_task("eeg_mi", folder=tmp_path)
    np.save(path, np.array([{}], object))
    refused(
        tmp_path,
        f"{path} holds Python objects, which are never loaded from a file, since they could run "
        "anything; fetch a file with arrays of numbers",
    )
    with pytest.raises(DataError, match=f"^there is no file {re.escape(str(tmp_path))}/test_X"):
        read_trials(tmp_path, "test")


def test_channels_are_standardised_by_the_training_part(tmp_path):
    WRITTEN["eeg_mi", "published"](tmp_path)
    task = load_task("eeg_mi", folder=tmp_path)
    assert set(np.unique(task.x_test)) == {-1, 1} and (task.low, task.high) == (-4, 4)
