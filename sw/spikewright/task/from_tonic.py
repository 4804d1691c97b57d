"""Tasks from recordings in memory: data sets of tonic, or pairs of events and a label."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from spikewright.errors import DataError
from spikewright_hw.checks import optional, shown, wholes

from .events import of_columns, recordings
from .task import Task

__all__ = ["from_tonic"]


def from_tonic(
    train: Any, test: Any, *, name: str, shape: tuple[int, int, int] | None = None
) -> Task:
    """Return the task of recordings with labels, as the data sets of tonic have them.

    Nothing of tonic is imported: whatever gives such pairs will do.

    Parameters
    ----------
    train, test : sequence or iterable of pairs
        Each an array of events with the fields ``t`` (microseconds), ``x``, ``p`` and, unless the
        frame is one row, ``y``; and its label, a whole number from 0.
    name : str
        What the task is called in reports.
    shape : tuple of int, optional
        Height, width and polarities of the frame; unless given, as ``train.sensor_size`` says,
        which is width, height and polarities.

    Raises
    ------
    DataError
        An item is no such pair, or whatever :class:`~spikewright.task.task.Task` refuses.
    ValueError
        ``shape`` is not given, and ``train`` has no ``sensor_size``.
    """
    frame = optional(wholes(1))("shape", shape)
    if frame is None:
        size = getattr(train, "sensor_size", None)
        if size is None:
            raise ValueError(
                "shape is None, and train has no sensor_size; give height, width and polarities"
            )
        width, height, polarities = wholes(1)("sensor_size", tuple(size))
        frame = (height, width, polarities)
    (x_train, y_train), (x_test, y_test) = (
        _part(pairs, part) for pairs, part in ((train, "train"), (test, "test"))
    )
    return Task(
        name=name, kind="events", shape=frame, x_train=x_train, y_train=y_train, x_test=x_test,
        y_test=y_test,
    )


def _part(pairs: Any, part: str) -> tuple[np.ndarray, np.ndarray]:
    each, labels = [], []
    for number, pair in enumerate(_items(pairs, part)):
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise DataError(f"item {number} of {part} is {shown(pair)}; it must be events, label")
        each.append(_in_rows(pair[0]))
        labels.append(pair[1])
    return recordings(each), _labels(labels, part)


def _items(pairs: Any, part: str) -> Iterable[Any]:
    if hasattr(pairs, "__getitem__") and hasattr(pairs, "__len__"):
        return (pairs[index] for index in range(len(pairs)))
    if isinstance(pairs, Iterable):
        return pairs
    raise DataError(f"{part} is {shown(pairs)}; it must be a data set, or pairs of events, label")


def _in_rows(events: Any) -> Any:
    """Return events with the field y, which those of a frame of one row may lack."""
    names = getattr(getattr(events, "dtype", None), "names", None) or ()
    if "y" in names or not {*"txp"} <= {*names}:
        return events  # whatever is wrong with them, Task says
    row = np.zeros(len(events), np.int32)
    return of_columns(t=events["t"], x=events["x"], y=row, p=events["p"])


def _labels(labels: list[Any], part: str) -> np.ndarray:
    for number, label in enumerate(labels):
        if isinstance(label, bool) or not isinstance(label, int | np.integer):
            raise DataError(
                f"the label of item {number} of {part} is {shown(label)}; labels are whole numbers "
                "from 0"
            )
    return np.array(labels, np.int64)
