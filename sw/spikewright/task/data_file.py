"""A user's own data: a task from a file of arrays, or from a Python file."""

from pathlib import Path
from typing import Any

import numpy as np

from spikewright.errors import DataError
from spikewright.python_file import defined_in
from spikewright_hw.checks import pathlike

from .archive import read_archive
from .events import of_columns, recordings
from .task import Task

__all__ = ["load_data"]

_ARRAYS = ("x_train", "y_train", "x_test", "y_test")
#: Fields of a task that a file of arrays may have beside them.
_FIELDS = ("name", "kind", "shape", "low", "high", "classes")
#: Events of each sample, where all of a part follow one another.
_COUNTS = ("counts_train", "counts_test")


def load_data(path: str | Path) -> Task:
    """Return the task of a user's own file.

    Parameters
    ----------
    path : str or Path
        A ``.npz`` file with the arrays ``x_train``, ``y_train``, ``x_test`` and ``y_test``, and, if
        wanted, ``name``, ``kind``, ``shape``, ``low``, ``high`` and ``classes``, as
        :class:`~spikewright.task.task.Task` has them. Events are rows ``t, x, y, p``, those of one
        sample after those of the other, and ``counts_train`` and ``counts_test`` say how many each
        sample has. Python objects in it are never loaded. Or a ``.py`` file that defines ``task``:
        a Task, or a function without arguments that returns one; it is run.

    Raises
    ------
    DataError
        The file is missing or malformed, lacks an array, or has one that is unknown; or what it
        holds is no task. The message names the place.
    """
    path = pathlike("path", path)
    if path.suffix not in (".npz", ".py"):
        raise DataError(
            f"{path} is no data that can be read; give a .npz file of arrays, or a .py file that "
            "defines task"
        )
    if path.is_dir():
        raise DataError(f"{path} is a folder; give a file in it")
    if not path.is_file():
        raise DataError(f"there is no file {path}")
    if path.suffix == ".npz":
        return _of_arrays(path)
    return defined_in(path, "task", Task, what="Task")


def _of_arrays(path: Path) -> Task:
    content = read_archive(path, own=True)
    absent = [name for name in _ARRAYS if name not in content]
    if absent:
        raise DataError(
            f"{path} lacks {', '.join(absent)}; it must have {', '.join(_ARRAYS)}"
        )
    unknown = content.keys() - {*_ARRAYS, *_FIELDS, *_COUNTS}
    if unknown:
        raise DataError(
            f"{path} has the unknown array {min(unknown)}; beside {', '.join(_ARRAYS)} it may "
            f"have {', '.join((*_FIELDS, *_COUNTS))}"
        )
    given: dict[str, Any] = {"name": path.stem} | {
        name: content[name].tolist() for name in _FIELDS if name in content
    }
    for name in _ARRAYS:
        given[name] = content[name]
    if given.get("kind") == "events":
        for part in ("train", "test"):
            given[f"x_{part}"] = _events(content, part, path)
    elif content.keys() & {*_COUNTS}:
        raise DataError(f"{path} has {_COUNTS[0]}, but its kind is not events; leave it out")
    try:
        return Task(**given)
    except ValueError as error:
        raise DataError(f"{path}: {error}") from error


def _events(content: dict[str, np.ndarray], part: str, path: Path) -> np.ndarray:
    """Return the recordings of a part, whose events follow one another in the file."""
    name, counting = f"x_{part}", f"counts_{part}"
    rows, counts = content[name], content.get(counting)
    if rows.ndim != 2 or rows.shape[1] != 4 or rows.dtype.kind not in "iu":
        raise DataError(
            f"{name} of {path} is of shape {' × '.join(map(str, rows.shape))}, of {rows.dtype}; "
            "events are rows of four whole numbers: t, x, y, p"
        )
    if counts is None:
        raise DataError(f"{path} lacks {counting}, the number of events of each sample")
    if counts.ndim != 1 or counts.dtype.kind not in "iu" or (counts < 0).any():
        raise DataError(f"{counting} of {path} must be a whole number for each sample")
    if counts.sum() != len(rows):
        raise DataError(
            f"{counting} of {path} is {counts.sum()} in all, but {name} has {len(rows)} events"
        )
    events = of_columns(t=rows[:, 0], x=rows[:, 1], y=rows[:, 2], p=rows[:, 3])
    return recordings(np.split(events, np.cumsum(counts)[:-1]))
