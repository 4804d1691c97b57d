"""A user's own data, in a file of arrays or of Python."""

import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spikewright.errors import DataError
from spikewright.task.data_file import load_data

from .made import KINDS, SHAPES, fields, made


def written(folder: Path, kind: str, /, **changes: Any) -> Path:
    """Write the arrays of a made task; those that are None are left out."""
    given: dict[str, Any] = fields(kind)
    if kind == "events":
        for part in ("train", "test"):
            each = fields(kind)[f"x_{part}"]
            given[f"counts_{part}"] = [len(one) for one in each]
            given[f"x_{part}"] = np.array([row.tolist() for one in each for row in one])
    given |= changes
    path = folder / "mine.npz"
    np.savez(path, **{name: one for name, one in given.items() if one is not None})
    return path


def refused(path: Path, message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        load_data(path)


@pytest.mark.parametrize("kind", KINDS)
def test_arrays_of_every_kind(kind, tmp_path):
    task, wanted = load_data(written(tmp_path, kind)), made(kind)
    for name in ("x_train", "y_train", "x_test", "y_test"):
        pairs = zip(getattr(task, name), getattr(wanted, name), strict=True)
        assert all(np.array_equal(*pair) for pair in pairs)
    assert (task.name, task.kind, task.shape) == ("made", kind, SHAPES[kind])
    assert (task.low, task.high, task.classes) == (wanted.low, wanted.high, wanted.classes)


def test_the_four_arrays_are_enough(tmp_path):
    task = load_data(written(tmp_path, "values", name=None, kind=None, shape=None, classes=None))
    assert (task.name, task.kind, task.shape, task.classes) == ("mine", "values", (5,), 3)


@pytest.mark.parametrize(("changes", "message"), [
    ({"x_test": None, "y_train": None},
     "{} lacks y_train, x_test; it must have x_train, y_train, x_test, y_test"),
    ({"x_valid": np.zeros(3)},
     ("{} has the unknown array x_valid; beside x_train, y_train, x_test, y_test it may have name, "
     "kind, shape, low, high, classes, counts_train, counts_test")),
    ({"kind": "sound"},
     "{}: kind is 'sound'; there are values, image, signal, spikes, events"),
    ({"x_train": np.array([{}] * 6)},
     ("x_train of {} holds Python objects, which are never loaded from a file, since they could "
     "run anything; write arrays of numbers")),
    ({"x_train": np.full((6, 5), np.nan)},
     "value 0 of sample 0 of x_train of made is nan; values must be finite numbers"),
    ({"counts_train": [1]},
     "{} has counts_train, but its kind is not events; leave it out"),
])
def test_arrays_that_are_no_task(changes, message, tmp_path):
    path = written(tmp_path, "values", **changes)
    refused(path, message.format(path))


@pytest.mark.parametrize(("changes", "message"), [
    ({"x_test": np.zeros((21, 3), int)},
     ("x_test of {} is of shape 21 × 3, of int64; events are rows of four whole numbers: t, x, "
     "y, p")),
    ({"x_test": np.zeros((21, 4))},
     ("x_test of {} is of shape 21 × 4, of float64; events are rows of four whole numbers: t, x, "
     "y, p")),
    ({"counts_test": None}, "{} lacks counts_test, the number of events of each sample"),
    ({"counts_test": [7.0, 7.0, 7.0]},
     "counts_test of {} must be a whole number for each sample"),
    ({"counts_test": [7, 7, 6]}, "counts_test of {} is 20 in all, but x_test has 21 events"),
    ({"shape": None},
     ("x_train of made holds events, which do not say how large the frame is; give shape= its "
     "height, width and polarities")),
])
def test_rows_that_are_no_events(changes, message, tmp_path):
    path = written(tmp_path, "events", **changes)
    refused(path, message.format(path))


def test_an_event_far_outside_the_frame_stays_outside(tmp_path):
    """A cast to 32 bits would make of it one in the first column."""
    path = written(tmp_path, "events")
    rows = dict(np.load(path))
    rows["x_test"][3, 1] = 1 << 40
    np.savez(path, **rows)
    refused(
        path,
        f"event 3 of sample 0 of x_test of made is outside the frame: its x is {1 << 40}, "
        "and there are 4 columns",
    )


def test_more_than_fits_the_memory(tmp_path):
    path = tmp_path / "mine.npz"
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (99, 9999999999), }"
    content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x_train.npy", content)
    with pytest.raises(DataError, match=f"^{re.escape(str(path))} holds more than fits the memory"):
        load_data(path)


def test_a_file_that_is_none(tmp_path):
    folder = tmp_path / "folder.npz"
    folder.mkdir()
    refused(folder, f"{folder} is a folder; give a file in it")
    path = tmp_path / "mine.npz"
    refused(path, f"there is no file {path}")
    refused(
        tmp_path / "mine.csv",
        f"{tmp_path / 'mine.csv'} is no data that can be read; give a .npz file of arrays, or a "
        ".py file that defines task",
    )
    for content in (b"", b"no archive", b"PK\x03\x04 no archive"):
        path.write_bytes(content)
        with pytest.raises(DataError, match=f"^{re.escape(str(path))} "):
            load_data(path)
    np.save(tmp_path / "one.npy", np.zeros(3))
    (tmp_path / "one.npy").rename(path)
    refused(path, f"{path} is no .npz file; write one by numpy.savez")


TASK = """
import numpy as np
import spikewright as spw
x, y = np.random.default_rng(0).random((6, 4)), np.arange(6) % 2
task = spw.Task(name="mine", x_train=x, y_train=y, x_test=x, y_test=y)
"""
FUNCTION = TASK.replace("task = spw", "def task():\n    return spw")


@pytest.mark.parametrize("text", [TASK, FUNCTION])
def test_a_python_file(text, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(text)
    assert load_data(path).classes == 2 and load_data(str(path)).name == "mine"


@pytest.mark.parametrize(("text", "message"), [
    ("x = 1", ("{} defines no task; it needs a function task() that returns a Task, or a Task of "
     "the name task")),
    ("def task():\n    return 5", ("{} defines no task; it needs a function task() that returns a "
     "Task, or a Task of the name task")),
    ("\n1 / 0", "line 2 of {} failed: ZeroDivisionError: division by zero"),
    ("import sys\nsys.exit(3)", "line 2 of {} failed: SystemExit: 3"),
    ("def task():\n    return 1 / 0", "line 2 of {} failed: ZeroDivisionError: division by zero"),
    (TASK.replace("y_test=y", "y_test=y + 1"),
     "{}: the label of sample 1 of y_test of mine is 2; labels must be from 0 to 1"),
    ("def task(of):\n    return 5", ("{} failed: TypeError: task() missing 1 required positional "
     "argument: 'of'")),
])
def test_a_python_file_without_a_task(text, message, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(text)
    refused(path, message.format(path))


def test_a_python_file_that_is_no_python(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("task = (")
    with pytest.raises(DataError, match=f"^{re.escape(str(path))} failed: SyntaxError: "):
        load_data(path)
