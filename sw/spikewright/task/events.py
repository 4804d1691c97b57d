"""Events of a camera: when, where, and whether it became lighter or darker."""

import numpy as np

from spikewright.errors import DataError

__all__ = ["EVENT", "checked_events", "of_columns", "recordings"]

#: One event: microseconds, column, row, and polarity (1: lighter).
EVENT = np.dtype([("t", np.int64), ("x", np.int32), ("y", np.int32), ("p", np.int32)])

#: Last time of an event, in microseconds.
_LAST = np.iinfo(np.int64).max


def recordings(each: list[np.ndarray]) -> np.ndarray:
    """Return recordings, each an array of events, as one array of objects."""
    kept = np.empty(len(each), object)
    kept[:] = each
    return kept


def of_columns(*, t: np.ndarray, x: np.ndarray, y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Return events whose fields have the types of the columns, each ``[events]``.

    :func:`checked_events` makes :data:`EVENT` of them once they are known to fit; a cast before
    that would make of a column far outside the frame one that is inside.
    """
    columns = {"t": t, "x": x, "y": y, "p": p}
    events = np.empty(len(t), [(name, column.dtype) for name, column in columns.items()])
    for name, column in columns.items():
        events[name] = column
    return events


def checked_events(values: object, *, frame: tuple[int, ...], name: str) -> np.ndarray:
    """Return the recordings of a part as a task keeps them.

    Parameters
    ----------
    values : sequence of arrays
        Of each sample, its events: an array with the fields of :data:`EVENT`.
    frame : tuple of int
        Height, width and polarities.
    name : str
        What they are, for errors.

    Returns
    -------
    object array ``[samples]``
        Each item an array ``[events]`` of :data:`EVENT`.

    Raises
    ------
    DataError
        There are none; an item is no array of events; an event is outside the frame or back in
        time. The message names sample and event.
    """
    if len(frame) != 3:
        raise DataError(
            f"{name} is events, whose shape is height, width and polarities; it is given as "
            f"{' × '.join(map(str, frame))}"
        )
    if not isinstance(values, list | tuple | np.ndarray) or not len(values):
        raise DataError(f"{name} holds no events; it must be an array of events for each sample")
    return recordings(
        [_recording(one, frame, f"sample {index} of {name}") for index, one in enumerate(values)]
    )


def _recording(values: object, frame: tuple[int, ...], name: str) -> np.ndarray:
    fields = getattr(getattr(values, "dtype", None), "names", None) or ()
    if not isinstance(values, np.ndarray) or values.ndim != 1 or not {*"txyp"} <= {*fields}:
        raise DataError(
            f"{name} is no array of events; it must have the fields t, x, y and p, and one axis"
        )
    for field in EVENT.names or ():
        if values.dtype[field].kind not in "iub":
            raise DataError(
                f"the field {field} of {name} holds {values.dtype[field]} values; it must hold "
                "whole numbers"
            )
    height, width, polarities = frame
    for field, end, what in (("x", width, "columns"), ("y", height, "rows"),
                             ("p", polarities, "polarities")):
        wrong = (values[field] < 0) | (values[field] >= end)
        if wrong.any():
            index = int(wrong.argmax())
            raise DataError(
                f"event {index} of {name} is outside the frame: its {field} is "
                f"{values[field][index]}, and there are {end} {what}"
            )
    late = values["t"] > _LAST
    if late.any():
        index = int(late.argmax())
        raise DataError(
            f"event {index} of {name} is at {values['t'][index]} µs; the last time that there is "
            f"is {_LAST}"
        )
    events = values
    if values.dtype != EVENT:
        events = np.empty(len(values), EVENT)
        for field in EVENT.names or ():
            events[field] = values[field]
    back = events["t"] < np.concatenate([[0], events["t"][:-1]])
    if back.any():
        index = int(back.argmax())
        before = f"after {events['t'][index - 1]}" if index else "before the first, which is 0"
        raise DataError(
            f"event {index} of {name} is back in time: {events['t'][index]} µs {before}"
        )
    return events
