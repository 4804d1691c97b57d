"""Recordings of Prophesee's automotive data sets: events in ``.dat``, boxes in ``.npy``.

E. Perot, P. de Tournemire, D. Nitti, J. Masci, A. Sironi, "Learning to detect objects with a 1
megapixel event camera", NeurIPS, 2020, whose data set is NeuroBench's event camera detection; and
P. de Tournemire and others, "A large scale event-based detection dataset for automotive", 2020. A
part (``train``, ``val``, ``test``) is a folder of pairs ``NAME_td.dat`` and ``NAME_bbox.npy``.

A ``.dat`` file is lines that begin with ``%``, a byte of the kind of its events and one of their
size, and events of 8 bytes, little endian: 32 bits of microseconds; then 14 bits of x, 14 of y and
4 of polarity, from the lowest on. Boxes are an array of records, see :data:`BOX`.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from spikewright_hw.checks import one_of, pathlike

from ..errors import DataError
from ..task.checksums import check_sums
from ..task.events import EVENT

__all__ = ["BOX", "DetectionRecording", "detection_recordings", "read_boxes", "read_dat"]

#: One box: when, µs; its left upper corner, width and height, pixels; what is in it, by number; the
#: same object in other boxes; and how sure it is, 0 to 1.
BOX = np.dtype([
    ("t", "<i8"), ("x", "<f4"), ("y", "<f4"), ("w", "<f4"), ("h", "<f4"), ("class_id", "<u4"),
    ("track_id", "<u4"), ("class_confidence", "<f4"),
])
#: Names that the first release has for some of these.
_OLDER = {"t": "ts", "class_confidence": "confidence"}
_PARTS = ("train", "val", "test")
_EVENTS, _BOXES = "_td.dat", "_bbox.npy"
#: Kinds of events that a file may have: of any kind, and of changes of light.
_KINDS, _BYTES = (0x00, 0x0C), 8


class DetectionRecording(NamedTuple):
    """The two files of a recording.

    Parameters
    ----------
    name : str
    events, boxes : Path
    """

    name: str
    events: Path
    boxes: Path


def read_dat(path: str | Path) -> tuple[np.ndarray, tuple[int, int] | None]:
    """Return the events of a ``.dat`` file, and the height and width that it says, if it does.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    array ``[events]`` of :data:`~spikewright.task.events.EVENT`, and tuple of int or None

    Raises
    ------
    DataError
        It cannot be read, is of another kind, ends within an event, or has an event that is outside
        of its frame or back in time.
    """
    path = pathlike("path", path)
    content = _content(path)
    at, told = 0, {}
    while content[at : at + 1] == b"%":
        line = content.find(b"\n", at) + 1 or len(content)
        if found := re.match(rb"% (Width|Height|Version) (\d+)\s*$", content[at:line]):
            told[found[1].decode()] = int(found[2])
        at = line
    if not at or len(content) < at + 2:
        raise DataError(f"{path} is no .dat file of events: it has no header; fetch it again")
    kind, size = content[at], content[at + 1]
    if kind not in _KINDS or size != _BYTES:
        raise DataError(
            f"{path} has events of kind {kind} and {size} bytes; they must be of kind 0 or 12, and "
            f"have {_BYTES}"
        )
    body = content[at + 2 :]
    if len(body) % _BYTES:
        raise DataError(f"{path} ends within an event; fetch it again")
    words = np.frombuffer(body, "<u4").reshape(-1, 2).astype(np.int64)
    events = np.empty(len(words), EVENT)
    events["t"], data = words[:, 0], words[:, 1]
    events["x"], events["y"], events["p"] = data & 0x3FFF, data >> 14 & 0x3FFF, data >> 28
    frame = (told["Height"], told["Width"]) if {"Height", "Width"} <= told.keys() else None
    _check_events(path, events, frame)
    return events, frame


def _check_events(path: Path, events: np.ndarray, frame: tuple[int, int] | None) -> None:
    for field, end in zip("yx", frame or (), strict=False):
        if (outside := events[field] >= end).any():
            at = int(outside.argmax())
            raise DataError(
                f"event {at} of {path} has the {field} {events[field][at]}, and the frame {end}; "
                "fetch it again"
            )
    if (back := np.diff(events["t"]) < 0).any():
        raise DataError(
            f"event {int(back.argmax()) + 1} of {path} is back in time; fetch it again"
        )


def read_boxes(path: str | Path) -> np.ndarray:
    """Return the boxes of an ``.npy`` file, in the order of time.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    array ``[boxes]`` of :data:`BOX`

    Raises
    ------
    DataError
        It cannot be read, is no array of boxes, or has a box without a size or back in time.
    """
    path = pathlike("path", path)
    try:
        given = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path} cannot be read: {error}; fetch it again") from error
    names = set(getattr(given.dtype, "names", None) or ())
    boxes = np.zeros(len(given) if given.ndim else 0, BOX)
    for field in BOX.names or ():
        there = field if field in names else _OLDER.get(field, field)
        if given.ndim != 1 or there not in names:
            raise DataError(
                f"{path} is no array of boxes with a field {field}; they must have "
                f"{', '.join(BOX.names or ())}"
            )
        boxes[field] = given[there]
    sized = (boxes["w"] > 0) & (boxes["h"] > 0)
    for wrong, what in (
        (~sized, "has no size"), (np.diff(boxes["t"], prepend=-1) < 0, "is back in time"),
    ):
        if wrong.any():
            raise DataError(f"box {int(wrong.argmax())} of {path} {what}; fetch it again")
    return boxes


def detection_recordings(
    folder: str | Path, *, part: str = "test"
) -> tuple[DetectionRecording, ...]:
    """Return the recordings of a part of a data set, by name, each held to the list of checksums.

    Parameters
    ----------
    folder : str or Path
        With the folders ``train``, ``val`` and ``test``, and perhaps ``SHA256SUMS.txt``.
    part : str
        ``"train"``, ``"val"`` or ``"test"``.

    Raises
    ------
    DataError
        There is no such folder, no recording in it, a file without its other one, or a file that
        the list of checksums has another sum of.
    """
    place = pathlike("folder", folder) / one_of(_PARTS)("part", part)
    if not place.is_dir():
        raise DataError(f"there is no folder {place}; name the one that has {', '.join(_PARTS)}")
    found = tuple(_pairs(place))
    if not found:
        raise DataError(f"{place} has no recordings, such as NAME{_EVENTS} and NAME{_BOXES}")
    check_sums(place.parent, [path for one in found for path in one[1:]])
    return found


def _pairs(place: Path) -> Iterator[DetectionRecording]:
    ends = (_EVENTS, _BOXES)
    names = {
        path.name.removesuffix(end) for end in ends for path in place.glob(f"*{end}")
    }
    for name in sorted(names):
        paths = [place / f"{name}{end}" for end in ends]
        for path in paths:
            if not path.is_file():
                raise DataError(f"{path} is missing, and its other file is there; fetch it again")
        yield DetectionRecording(name, *paths)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}; fetch it again") from error
