"""DVS Gesture: eleven gestures of hands and arms before an event camera of 128 × 128 pixels.

A. Amir and others, "A low power, fully event-based gesture recognition system", CVPR, 2017. A file
is a recording of one person in one light, ``user01_led.aedat``, in AEDAT 3.1; the table beside it,
``user01_led_labels.csv``, says from when to when which gesture is made, in microseconds, and each
is a sample. ``trials_to_train.txt`` and ``trials_to_test.txt`` name the files of the parts.

AEDAT 3.1 is lines that begin with ``#``, and packets of 28 bytes and their events, little endian. A
polarity event is 32 bits, bit 0 whether it is valid, bit 1 the polarity, 15 bits of y and 15 of x,
and 31 bits of microseconds, which the packet's count of overflows continues.
"""

import csv
import struct
from pathlib import Path

import numpy as np

from spikewright.errors import DataError

from .events import EVENT, recordings
from .source import Source
from .task import Task

__all__ = ["DVS_GESTURE", "FRAME", "read_aedat"]

#: Height, width and polarities.
FRAME = (128, 128, 2)
_CLASSES = 11
_LISTS = ("trials_to_train.txt", "trials_to_test.txt")
_COLUMNS = ("class", "startTime_usec", "endTime_usec")
#: Type, source, size of an event, offset of its time, overflows, capacity, number, valid.
_PACKET = struct.Struct("<HHIIIIII")
#: The type of a packet of polarity events, and the bytes of one.
_POLARITY, _BYTES = 1, 8


def read_aedat(path: Path) -> np.ndarray:
    """Return the polarity events of an AEDAT 3.1 file; those that are marked invalid are left out.

    Returns
    -------
    array ``[events]`` of :data:`~spikewright.task.events.EVENT`

    Raises
    ------
    DataError
        It cannot be read, is of another format, or ends within a packet.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error}; fetch it again") from error
    if not content.startswith(b"#!AER-DAT3"):
        raise DataError(f"{path} is no AEDAT 3.1 file; fetch it again")
    at = 0
    while content[at : at + 1] == b"#":
        line = content.find(b"\n", at) + 1 or len(content)
        ended, at = content[at:line].startswith(b"#!END-HEADER"), line
        if ended:
            break
    packets = []
    while at < len(content):
        if at + _PACKET.size > len(content):
            raise DataError(f"{path} ends within a packet; fetch it again")
        kind, _, size, _, overflows, capacity, *_ = _PACKET.unpack_from(content, at)
        at += _PACKET.size
        if not size or at + size * capacity > len(content):
            raise DataError(f"{path} ends within a packet; fetch it again")
        if kind == _POLARITY:
            if size != _BYTES:
                raise DataError(f"{path} has events of {size} bytes; they must have {_BYTES}")
            words = np.frombuffer(content, "<u4", 2 * capacity, at).reshape(-1, 2)
            packets.append(_events(words, overflows))
        at += size * capacity
    return np.concatenate([np.empty(0, EVENT), *packets])


def _events(words: np.ndarray, overflows: int) -> np.ndarray:
    data, time = words.T.astype(np.int64)
    events = np.empty(len(words), EVENT)
    events["t"] = time + (overflows << 31)
    events["x"], events["y"], events["p"] = data >> 17 & 0x7FFF, data >> 2 & 0x7FFF, data >> 1 & 1
    return events[(data & 1) == 1]


def _load(folder: Path) -> Task:
    (x_train, y_train), (x_test, y_test) = (_part(folder / name) for name in _LISTS)
    return Task(
        name="dvs_gesture",
        kind="events",
        shape=FRAME,
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        classes=_CLASSES,
    )


def _part(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read the recordings that a list names."""
    names = path.read_text(encoding="utf-8", errors="replace").split()
    if not names:
        raise DataError(f"{path} names no recordings; fetch it again")
    each, labels = [], []
    for name in names:
        recording = path.parent / name
        events = read_aedat(recording)
        for label, start, end in _gestures(recording.with_name(f"{recording.stem}_labels.csv")):
            inside = events[(events["t"] >= start) & (events["t"] < end)]
            inside["t"] -= start
            each.append(inside)
            labels.append(label - 1)
    return recordings(each), np.array(labels)


def _gestures(path: Path) -> list[tuple[int, ...]]:
    """Return class (from 1), start and end of each gesture of a recording."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [*csv.DictReader(file)]
        gestures = [tuple(int(row[name]) for name in _COLUMNS) for row in rows]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{path} cannot be read: {error}; it must have the columns {', '.join(_COLUMNS)}"
        ) from error
    if not gestures:
        raise DataError(f"{path} names no gestures; fetch it again")
    for number, (label, start, end) in enumerate(gestures):
        if not 1 <= label <= _CLASSES or not 0 <= start < end:
            raise DataError(
                f"row {number} of {path} is {label}, {start}, {end}; it must be a class from 1 to "
                f"{_CLASSES}, a start, and a later end"
            )
    return gestures


#: Event recordings of gestures.
DVS_GESTURE = Source(
    name="dvs_gesture",
    title="DVS Gesture",
    home="https://research.ibm.com/interactive/dvsgesture",
    folders=("dvs_gesture", "DvsGesture", "DVSGesture"),
    files=f"{', '.join(_LISTS)}, and user01_led.aedat with user01_led_labels.csv and so on",
    there=lambda folder: all((folder / name).is_file() for name in _LISTS),
    load=_load,
)
