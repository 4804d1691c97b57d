"""WISDM: what a hand does, by acceleration and rotation of a watch at 20 Hz, seven activities.

G. M. Weiss, K. Yoneda, T. Hayajneh, "Smartphone and smartwatch-based biometrics using activities of
daily living", IEEE Access 7, 2019. NeuroBench takes the windows that V. Fra and others cut of it
(Neuromorphic Computing and Engineering 2(1), 2022): 2 s each, which do not overlap, of three axes
of the accelerometer and three of the gyroscope, in one file with a split at random of 60, 20 and
20 %. Its arrays are ``arr_0`` to ``arr_5``: the windows to train on, to choose by and to test, and
their labels in the same order, with a one at the class.

The part to choose by is in neither part of the task. Channels are standardised
(:mod:`spikewright.task.channels`), for their units differ.
"""

import hashlib
from pathlib import Path

import numpy as np

from spikewright.errors import DataError

from .archive import read_archive
from .channels import LIMIT, standardised
from .checksums import check_sums
from .samples import checked_samples
from .source import Source
from .task import Task

__all__ = ["ACTIVITIES", "SHA256", "WISDM", "read_windows"]

#: The activities, in the order of their labels.
ACTIVITIES = (
    "dribbling", "playing catch", "typing", "writing", "clapping", "brushing teeth",
    "folding clothes",
)
#: Steps of a window, and its channels.
SHAPE = 40, 6
#: By name: the file of the authors, with its SHA-256 as they publish it; and that of the benchmark,
#: which publishes none.
SHA256 = {
    "data_watch_subset2_40.npz":
        "7f4d2d2a57777a2e2886585191ca1711e0adc47b09ef505c520912a175f6d73e",
    "watch_subset2_40.npz": None,
}
_PARTS = ("training part", "part to choose by", "test part")


def read_windows(path: Path) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Return the windows and labels of each part: to train on, to choose by, and to test.

    Returns
    -------
    tuple of three pairs
        Of windows, float32 ``[samples, 40, 6]``, as the file has them, and labels, int64
        ``[samples]``.

    Raises
    ------
    DataError
        It cannot be read, lacks an array, or has one of another form; the message names the array.
    """
    content = read_archive(path)
    names = [f"arr_{number}" for number in range(2 * len(_PARTS))]
    for name in names:
        if name not in content:
            raise DataError(f"{path} lacks the array {name}; fetch it again")
    found = []
    for one, other, part in zip(names, names[len(_PARTS) :], _PARTS, strict=False):
        windows = checked_samples(
            content[one], kind="signal", shape=SHAPE, name=f"{one} of {path}, the {part},"
        )
        labels = _labels(content[other], count=len(windows), name=f"{other} of {path}")
        found.append((windows, labels))
    return tuple(found)


def _labels(hot: np.ndarray, *, count: int, name: str) -> np.ndarray:
    """Return the places of the ones, ``[samples]``, of ``[samples, activities]``."""
    wanted = (count, len(ACTIVITIES))
    if hot.shape != wanted or hot.dtype.kind not in "biuf":
        raise DataError(
            f"{name} is of {hot.dtype} and of shape {' × '.join(map(str, hot.shape))}; it must be "
            f"numbers of shape {' × '.join(map(str, wanted))}, a row for each window"
        )
    wrong = ((hot != 0) & (hot != 1)).any(axis=1) | ((hot == 1).sum(axis=1) != 1)
    if wrong.any():
        raise DataError(
            f"row {wrong.argmax()} of {name} is no label: it must have a 1 at its class, and 0 "
            "elsewhere"
        )
    return hot.argmax(axis=1)


def _file(folder: Path) -> Path | None:
    return next((folder / name for name in SHA256 if (folder / name).is_file()), None)


def _load(folder: Path) -> Task:
    path = _file(folder)
    assert path is not None
    check_sums(folder, [path])
    _check_published(path)
    (x_train, y_train), _, (x_test, y_test) = read_windows(path)
    x_train, x_test = standardised(x_train, x_test)
    return Task(
        name="wisdm", kind="signal", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test,
        low=-LIMIT, high=LIMIT, classes=len(ACTIVITIES),
    )


def _check_published(path: Path) -> None:
    """Hold a file to the sum that its authors publish."""
    wanted = SHA256[path.name]
    if wanted is None:
        return
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != wanted:
        raise DataError(
            f"{path} has the SHA-256 {found}, and its authors' file has {wanted}, so it was "
            "altered or only partly fetched; fetch it again"
        )


#: Activities of a hand.
WISDM = Source(
    name="wisdm",
    title="WISDM, windows of a watch",
    home="https://github.com/neuromorphic-polito/NeHAR (data/data_watch_subset2_40.npz)",
    folders=("wisdm", "nehar", "WISDM"),
    files=" or ".join(SHA256),
    there=lambda folder: _file(folder) is not None,
    load=_load,
)
