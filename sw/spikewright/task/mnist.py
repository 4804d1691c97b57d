"""MNIST: handwritten digits of 28 × 28 pixels, 60,000 to train and 10,000 to test.

Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document
recognition", Proceedings of the IEEE 86(11), 1998. The project does not bring it along: the four
files are read from a folder, in their own format (idx, gzipped).
"""

import gzip
import math
import os
import struct
import zlib
from pathlib import Path

import numpy as np

from spikewright.errors import DataError

from .task import Task

__all__ = ["FILES", "SIDE", "VARIABLE", "find", "load"]

#: Pixels along one side of an image.
SIDE = 28
#: Images and labels of the training part, and of the test part.
FILES = {
    "train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
}
#: Environment variable that names a folder of data sets.
VARIABLE = "SPIKEWRIGHT_DATA"
#: How an idx file says that its values are bytes.
_BYTES = 8


def find(data: Path | None = None) -> Path | None:
    """Return the folder of the files: ``data``, or the one in :data:`VARIABLE`, or its ``mnist``.

    None where no folder is named.

    Raises
    ------
    DataError
        A folder is named, and has not all of the files.
    """
    named = os.environ.get(VARIABLE) or None if data is None else data
    if named is None:
        return None
    wanted = [name for names in FILES.values() for name in names]
    folders = (Path(named), Path(named) / "mnist")
    for folder in folders:
        if all((folder / name).is_file() for name in wanted):
            return folder
    raise DataError(
        f"MNIST is neither in {folders[0]} nor in {folders[1]}; its files are {', '.join(wanted)}"
    )


def load(folder: Path) -> Task:
    """Return MNIST with its own split.

    Raises
    ------
    DataError
        A file is missing or malformed, or the files do not fit together.
    """
    (x_train, y_train), (x_test, y_test) = (_part(folder, *names) for names in FILES.values())
    return Task(
        name="mnist",
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        low=0.0,
        high=255.0,
        classes=10,
        image=(SIDE, SIDE),
    )


def _part(folder: Path, images: str, labels: str) -> tuple[np.ndarray, np.ndarray]:
    x, y = _idx(folder / images, axes=3), _idx(folder / labels, axes=1)
    if x.shape[1:] != (SIDE, SIDE):
        height, width = x.shape[1:]
        raise DataError(
            f"{folder / images} holds images of {height} × {width} pixels; MNIST's have "
            f"{SIDE} × {SIDE}"
        )
    if len(x) != len(y):
        raise DataError(
            f"{folder / images} holds {len(x)} images, and {folder / labels} {len(y)} labels; "
            "they must be as many"
        )
    if y.max(initial=0) > 9:
        raise DataError(f"{folder / labels} holds the label {y.max()}; a digit is 0 to 9")
    return x.reshape(len(x), -1).astype(np.float32), y.astype(np.int64)


def _idx(path: Path, *, axes: int) -> np.ndarray:
    """Read a gzipped idx file of bytes: a magic number, the size of each axis, the values."""
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error}; fetch it again") from error
    header = 4 * (1 + axes)
    if len(content) < header or content[:4] != bytes((0, 0, _BYTES, axes)):
        raise DataError(f"{path} is no idx file of bytes with {axes} axes; fetch it again")
    shape = struct.unpack(f">{axes}I", content[4:header])
    values = np.frombuffer(content, np.uint8, offset=header)
    if len(values) != math.prod(shape):
        raise DataError(
            f"{path} holds {len(values)} values, but says that they are "
            f"{' × '.join(map(str, shape))}; fetch it again"
        )
    return values.reshape(shape)
