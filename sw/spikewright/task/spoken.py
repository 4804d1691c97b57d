"""SHD and SSC: spoken words as the spikes of a model of the inner ear, with 700 channels.

B. Cramer, Y. Stradmann, J. Schemmel, F. Zenke, "The Heidelberg spiking data sets for the systematic
evaluation of spiking neural networks", IEEE Transactions on Neural Networks and Learning Systems
33(7), 2022. SHD has spoken digits in English and German, 20 classes; SSC the 35 words of Speech
Commands, whose validating part is in neither part here. The files are HDF5 as they are published:
``spikes/times`` (seconds) and ``spikes/units`` (0 to 699), a list of each for a recording, and
``labels``. A spike is an event in a frame of one row, of one polarity.
"""

from functools import partial
from pathlib import Path

import numpy as np

from spikewright.errors import DataError

from .events import EVENT, recordings
from .source import Source
from .task import Task

__all__ = ["CHANNELS", "SHD", "SSC"]

#: Channels of the model.
CHANNELS = 700
_ARRAYS = ("spikes/times", "spikes/units", "labels")
_HOME = "https://zenkelab.org/resources/spiking-heidelberg-datasets-shd (unpack the files)"


def _paths(name: str, folder: Path) -> tuple[Path, Path]:
    return folder / f"{name}_train.h5", folder / f"{name}_test.h5"


def _there(name: str, folder: Path) -> bool:
    return all(path.is_file() for path in _paths(name, folder))


def _load(name: str, classes: int, folder: Path) -> Task:
    (x_train, y_train), (x_test, y_test) = map(_part, _paths(name, folder))
    return Task(
        name=name,
        kind="events",
        shape=(1, CHANNELS, 1),
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        classes=classes,
    )


def _part(path: Path) -> tuple[np.ndarray, np.ndarray]:
    times, units, labels = _arrays(path)
    if not len(times) == len(units) == len(labels):
        raise DataError(
            f"{path} has the times of {len(times)} recordings, the units of {len(units)} and "
            f"{len(labels)} labels; they must be as many"
        )
    each = [
        _recording(*pair, f"recording {number} of {path}")
        for number, pair in enumerate(zip(times, units, strict=True))
    ]
    return recordings(each), labels


def _arrays(path: Path) -> list[np.ndarray]:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            absent = [name for name in _ARRAYS if not isinstance(file.get(name), h5py.Dataset)]
            if absent:
                raise DataError(f"{path} lacks {absent[0]}; fetch it again")
            return [np.asarray(file[name]) for name in _ARRAYS]
    except (OSError, RuntimeError, KeyError) as error:
        raise DataError(f"{path} cannot be read: {error}; fetch it again") from error


def _recording(times: np.ndarray, units: np.ndarray, name: str) -> np.ndarray:
    """Return the events of a recording, in the order of their times, which files need not have."""
    seconds, channels = np.atleast_1d(times), np.atleast_1d(units)
    if seconds.shape != channels.shape or seconds.ndim != 1:
        raise DataError(
            f"{name} has {seconds.size} times and {channels.size} units; they must be as many"
        )
    if seconds.dtype.kind not in "fiu" or channels.dtype.kind not in "iu":
        raise DataError(
            f"{name} has times of {seconds.dtype} and units of {channels.dtype}; they must be "
            "seconds and whole numbers"
        )
    seconds = seconds.astype(np.float64)  # files have halves
    wrong = ~np.isfinite(seconds) | (seconds < 0) | (seconds > 1e6)
    if wrong.any():
        index = int(wrong.argmax())
        raise DataError(
            f"time {index} of {name} is {seconds[index]}; it must be seconds from the start"
        )
    order = np.argsort(seconds, kind="stable")
    events = np.zeros(len(seconds), EVENT)
    events["t"] = np.rint(seconds[order] * 1e6)
    events["x"] = channels[order]
    return events


def _source(name: str, title: str, *, classes: int) -> Source:
    return Source(
        name=name,
        title=title,
        home=_HOME,
        folders=(name, name.upper()),
        files=" and ".join(path.name for path in _paths(name, Path())),
        there=partial(_there, name),
        load=partial(_load, name, classes),
    )


#: Spoken digits as spikes.
SHD = _source("shd", "Spiking Heidelberg Digits", classes=20)
#: Spoken words as spikes.
SSC = _source("ssc", "Spiking Speech Commands", classes=35)
