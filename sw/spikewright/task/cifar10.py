"""CIFAR-10: colour images of 32 × 32 pixels, 50,000 to train and 10,000 to test.

A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009. The files are read in
the data set's binary format: for each image a byte for the label, and 1,024 for each of red, green
and blue, row by row.
"""

from pathlib import Path

import numpy as np

from spikewright.errors import DataError

from .archive import read_records
from .source import Source
from .task import Task

__all__ = ["CIFAR10", "SIDE"]

#: Pixels along one side of an image.
SIDE = 32
_CHANNELS = 3
_RECORD = 1 + _CHANNELS * SIDE * SIDE
_TRAINING = tuple(f"data_batch_{number}.bin" for number in range(1, 6))


def _there(folder: Path) -> bool:
    return bool([*folder.glob("data_batch_*.bin")]) and bool([*folder.glob("test_batch*.bin")])


def _load(folder: Path) -> Task:
    training = sorted(folder.glob("data_batch_*.bin"))
    names = [path.name for path in training]
    absent = [name for name in _TRAINING if name not in names]
    if absent and set(names) & set(_TRAINING):
        raise DataError(f"{folder} lacks {', '.join(absent)} of CIFAR-10; fetch it again")
    x_train, y_train = _part(training)
    x_test, y_test = _part(sorted(folder.glob("test_batch*.bin")))
    return Task(
        name="cifar10",
        kind="image",
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        low=0.0,
        high=255.0,
        classes=10,
    )


def _part(paths: list[Path]) -> tuple[np.ndarray, np.ndarray]:
    records = np.concatenate([_records(path) for path in paths])
    images = records[:, 1:].reshape(-1, _CHANNELS, SIDE, SIDE).transpose(0, 2, 3, 1)
    return images, records[:, 0]


def _records(path: Path) -> np.ndarray:
    records = read_records(path, size=_RECORD, what="images")
    wrong = records[:, 0] > 9
    if wrong.any():
        raise DataError(
            f"image {wrong.argmax()} of {path} has the label {records[wrong.argmax(), 0]}; a label "
            "is 0 to 9"
        )
    return records


#: Colour images of ten kinds of things; a part of them, in files named like ``*_first3000.bin``.
CIFAR10 = Source(
    name="cifar10",
    title="CIFAR-10",
    home="https://www.cs.toronto.edu/~kriz/cifar.html (the binary version)",
    folders=("cifar10", "cifar-10-batches-bin", "cifar10_subset"),
    files="data_batch_1.bin to data_batch_5.bin and test_batch.bin",
    there=_there,
    load=_load,
)
