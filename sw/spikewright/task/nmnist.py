"""N-MNIST: MNIST's digits, recorded by an event camera that moves before them.

G. Orchard, A. Jayawant, G. K. Cohen, N. Thakor, "Converting static image datasets to spiking
neuromorphic datasets using saccades", Frontiers in Neuroscience 9, 2015. 34 × 34 pixels, two
polarities, 60,000 recordings of about 0.3 s to train and 10,000 to test. An event has 40 bits:
8 of x, 8 of y, the polarity, and 23 of the time in microseconds, big endian.
"""

from pathlib import Path

import numpy as np

from spikewright.errors import DataError

from .archive import read_records
from .events import EVENT, recordings
from .source import Source
from .task import Task

__all__ = ["FRAME", "NMNIST", "read_recording"]

#: Height, width and polarities.
FRAME = (34, 34, 2)
_BYTES = 5
#: An event in this row says that the camera's clock ran over, by this many microseconds.
_OVERFLOW_ROW, _OVERFLOW_US = 240, 1 << 13


def read_recording(path: Path) -> np.ndarray:
    """Return the events of a file.

    Returns
    -------
    array ``[events]`` of :data:`~spikewright.task.events.EVENT`

    Raises
    ------
    DataError
        It cannot be read, or holds no whole number of events.
    """
    records = read_records(path, size=_BYTES, what="events")
    x, y, high, middle, low = records.T.astype(np.int64)
    over = y == _OVERFLOW_ROW
    events = np.empty(len(x), EVENT)
    events["t"] = ((high & 0x7F) << 16 | middle << 8 | low) + np.cumsum(over) * _OVERFLOW_US
    events["x"], events["y"], events["p"] = x, y, high >> 7
    return events[~over]


def _lists(folder: Path) -> list[Path]:
    """Return the lists of the training and of the test samples, of recordings named by numbers."""
    return [path for kind in ("train", "test") for path in sorted(folder.glob(f"{kind}*.txt"))]


def _there(folder: Path) -> bool:
    published = (folder / "Train").is_dir() and (folder / "Test").is_dir()
    return published or (len(_lists(folder)) == 2 and bool([*folder.glob("*.bs2")]))


def _load(folder: Path) -> Task:
    if (folder / "Train").is_dir():
        parts = [_by_class(folder / name) for name in ("Train", "Test")]
    else:
        parts = [_listed(path) for path in _lists(folder)]
    (x_train, y_train), (x_test, y_test) = parts
    return Task(
        name="nmnist",
        kind="events",
        shape=FRAME,
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        classes=10,
    )


def _by_class(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read a folder as it is published: a folder for each digit, and a file for each recording."""
    paths = [path for digit in range(10) for path in sorted((folder / str(digit)).glob("*.bin"))]
    if not paths:
        raise DataError(f"{folder} holds no recordings, such as 0/00002.bin; fetch it again")
    labels = np.array([int(path.parent.name) for path in paths])
    return recordings([read_recording(path) for path in paths]), labels


def _listed(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read the recordings of a list, whose lines are a number and a label."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    pairs = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    for number, pair in enumerate(pairs):
        if len(pair) != 2 or not all(one.isdecimal() for one in pair):
            raise DataError(
                f"entry {number} of {path} is {' '.join(pair)[:40]!r}; it must be the number of a "
                "recording and its label"
            )
    if not pairs:
        raise DataError(f"{path} names no recordings; fetch it again")
    events = [read_recording(path.parent / f"{number}.bs2") for number, _ in pairs]
    return recordings(events), np.array([int(label) for _, label in pairs])


#: Event recordings of handwritten digits.
NMNIST = Source(
    name="nmnist",
    title="N-MNIST",
    home="https://www.garrickorchard.com/datasets/n-mnist",
    folders=("nmnist", "N-MNIST", "NMNIST", "nmnist_small"),
    files="the folders Train and Test, with a folder of .bin files for each digit",
    there=_there,
    load=_load,
)
