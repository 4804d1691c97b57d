"""Heartbeats with their times and records: files held to their checksums, arrays refused."""

import hashlib

import numpy as np
import pytest

from spikewright.errors import DataError
from spikewright.task.known import load_task
from spikewright.task.mitbih import read_heartbeats

from .data_files import WRITTEN, annotations


def test_records_are_held_to_their_list_of_checksums(tmp_path):
    WRITTEN["mitbih", "records"](tmp_path)
    first, second = read_heartbeats(tmp_path)
    assert not first.checked and first.records.tolist()[:6] == 5 * [101] + [106]
    assert first.places.tolist()[:5] == [600, 1000, 2500, 3000, 3300]
    assert second.labels.tolist()[:5] == [0, 1, 2, 3, 4]
    files = sorted(tmp_path.iterdir())
    listed = [f"{hashlib.sha256(one.read_bytes()).hexdigest()} {one.name}\n" for one in files]
    sums = tmp_path / "SHA256SUMS.txt"
    sums.write_text("".join(listed))
    assert read_heartbeats(tmp_path)[1].checked
    sums.write_text("".join(listed[1:]))
    assert not read_heartbeats(tmp_path)[0].checked  # a file is not named
    altered = tmp_path / "230.atr"
    altered.write_bytes(annotations([(600, 5)]))
    for read in (read_heartbeats, lambda folder: load_task("mitbih", folder=folder)):
        with pytest.raises(DataError) as caught:
            read(tmp_path)
        assert str(caught.value) == (
            f"{altered} has another SHA-256 than the list beside it says, so it was altered or "
            "only partly fetched; fetch it again"
        )


def test_a_record_that_is_missing_is_named(tmp_path):
    WRITTEN["mitbih", "records"](tmp_path)
    (tmp_path / "101.hea").unlink()
    with pytest.raises(DataError) as caught:
        read_heartbeats(tmp_path)
    assert str(tmp_path / "101.hea") in str(caught.value)
    for header in tmp_path.glob("*.hea"):
        if header.stem != "230":
            header.unlink()
    with pytest.raises(DataError, match=r"101\.hea"):
        load_task("mitbih", folder=tmp_path)


def test_arrays_of_beats_that_do_not_say_when_or_whose(tmp_path):
    beats, labels = WRITTEN["mitbih", "between patients"](tmp_path)
    path, places = tmp_path / "beats_ds1_train.npz", np.arange(10)
    given = {"beats": beats, "label": labels, "sample": places, "record": places // 5}

    def refused_arrays(said, **changed):
        np.savez(path, **{name: one for name, one in (given | changed).items() if one is not None})
        with pytest.raises(DataError) as caught:
            read_heartbeats(tmp_path)
        assert str(caught.value) == said

    refused_arrays(f"{path} lacks the array sample; fetch it again", sample=None)
    refused_arrays(
        f"record of {path} is an array of float64 of shape [10]; it must have a whole number for "
        "each of the 10 beats", record=places / 2,
    )
    refused_arrays(
        f"{path} has beats of uint8 of shape [10, 100] and labels of shape [10]; a beat has 187 "
        "values of uint8 and a label", beats=beats[:, :100],
    )
    refused_arrays(f"{path} has the label 9; a label is 0 to 4", label=labels + 5)
    for name in ("beats_ds1_train.npz", "beats_ds2a_test.npz"):
        np.savez(tmp_path / name, **given)
    first, _ = read_heartbeats(tmp_path)
    assert np.array_equal(np.rint(first.values * 255), beats)
    assert first.records.tolist() == 5 * [0] + 5 * [1]
    for name in ("beats_ds1_train.npz", "beats_ds2a_test.npz"):
        (tmp_path / name).unlink()
    WRITTEN["mitbih", "tables"](tmp_path)
    with pytest.raises(DataError) as caught:
        read_heartbeats(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path / 'mitbih_train.csv'} does not say when a beat was and whose it is; take the "
        "records, which are at physionet.org/content/mitdb"
    )
