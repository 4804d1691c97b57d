"""NeuroBench's acoustic scenes: what is in which part and in which order, and what is refused."""

import re
from pathlib import Path

import numpy as np
import pytest

from spikewright.errors import DataError, SpikewrightWarning
from spikewright.task.asc import read_seconds
from spikewright.task.known import SOURCES, load_task

from .data_files import WRITTEN, asc, write_wave


def test_files_in_no_table_are_of_the_test_part(tmp_path):
    asc(tmp_path)
    task = load_task("asc", folder=tmp_path)
    assert task.y_train[::10].tolist() == [0, 2, 3, 1]  # sorted by the names of the files
    assert task.y_test[::10].tolist() == [0, 2, 2, 3, 1]
    assert task.shape == (8000,) and len(task.x_test) == 50
    assert load_task("asc", folder=tmp_path, sound=True).shape == task.shape


def test_seconds_of_one_location_belong_together(tmp_path):
    asc(tmp_path)
    source = SOURCES["asc"]
    assert source.groups is not None
    groups, task = source.groups(tmp_path), load_task("asc", folder=tmp_path)
    assert len(groups) == len(task.y_train) and set(groups[:10]) == {groups[0]}
    assert [one.split("-")[0] for one in groups[::10]] == ["airport", "bus", "park",
                                                           "street_traffic"]
    assert all(one.count("-") == 2 for one in groups)


@pytest.mark.parametrize("form", ["published", "at 16 kHz"])
def test_clips_of_one_fold_belong_together(form, tmp_path):
    WRITTEN["esc10", form](tmp_path)
    source = SOURCES["esc10"]
    assert source.groups is not None
    groups, task = source.groups(tmp_path), load_task("esc10", folder=tmp_path)
    assert len(groups) == len(task.y_train)
    assert source.recordings is not None
    for (path, _), group in zip(source.recordings(tmp_path).training, groups, strict=True):
        assert path.name.startswith(f"{group}-")


def refused(folder: Path, message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        load_task("asc", folder=folder)


def test_another_rate_is_refused(tmp_path):
    asc(tmp_path)
    path = tmp_path / "audio" / "bus-milan-1-2-a.wav"
    write_wave(path, np.zeros(441_000), rate=44_100)
    refused(tmp_path, f"{path} has 44100 samples a second; it must have 8000")


def test_a_recording_that_is_too_short_is_refused(tmp_path):
    asc(tmp_path)
    path = tmp_path / "audio" / "bus-milan-1-1-a.wav"
    write_wave(path, np.zeros(76_000), rate=8000)
    refused(tmp_path, f"{path} has 76000 samples, 9.5 s; it must have 80000, 10 s")


def test_a_file_that_is_missing_is_named(tmp_path):
    asc(tmp_path)
    for scene in ("bus", "park"):
        (tmp_path / "audio" / f"{scene}-milan-1-1-a.wav").unlink()
    refused(
        tmp_path,
        f"{tmp_path / 'audio'} lacks bus-milan-1-1-a.wav, which fold1_train.csv names, and 1 more; "
        "unpack all archives of the data set",
    )


def test_a_table_that_is_none_is_refused(tmp_path):
    asc(tmp_path)
    table = tmp_path / "evaluation_setup" / "fold1_train.csv"
    table.write_text("bus-milan-1-1-a.wav\n")
    refused(
        tmp_path, f"{table} is malformed: its first column must be filename; fetch it again"
    )


def test_a_file_in_both_parts_is_refused(tmp_path):
    asc(tmp_path)
    folder = tmp_path / "evaluation_setup"
    (folder / "fold1_evaluate.csv").write_text((folder / "fold1_train.csv").read_text())
    refused(
        tmp_path,
        "airport-milan-1-1-a.wav is in both fold1_train.csv and fold1_evaluate.csv; fetch them "
        "again",
    )


def test_of_clipped_sound_a_warning_says_so(tmp_path):
    path = tmp_path / "bus-milan-1-1-a.wav"
    write_wave(path, np.where(np.arange(80_000) % 50 == 0, 1.0, 0.2), rate=8000)
    with pytest.warns(SpikewrightWarning, match=r"is clipped: 2\.0% of its samples are at the end"):
        assert read_seconds(path).shape == (10, 8000)


def test_sound_of_what_has_none_is_refused():
    with pytest.raises(ValueError, match=r"^sound is True, but mnist has none; there are fsdd, "):
        load_task("mnist", sound=True)
    with pytest.raises(ValueError, match=r"^sound is True, but digits have none; leave it out$"):
        load_task(sound=True)
