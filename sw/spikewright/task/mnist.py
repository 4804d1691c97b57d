"""MNIST and Fashion-MNIST: images of 28 × 28 pixels, 60,000 to train and 10,000 to test.

MNIST is of handwritten digits: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning
applied to document recognition", Proceedings of the IEEE 86(11), 1998. Fashion-MNIST is of clothes,
in the same format: H. Xiao, K. Rasul, R. Vollgraf, arXiv:1708.07747, 2017. The files are read in
their own format, idx, gzipped as they are published or unpacked.
"""

import gzip
import math
import struct
import zlib
from functools import partial
from pathlib import Path

import numpy as np

from spikewright.errors import DataError

from .source import Source
from .task import Task

__all__ = ["FASHION_MNIST", "FILES", "MNIST", "SIDE"]

#: Pixels along one side of an image.
SIDE = 28
#: Images and labels of the training part, and of the test part.
FILES = {
    "train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
}
#: How an idx file says that its values are bytes.
_BYTES = 8


def _there(folder: Path) -> bool:
    return all(_path(folder, name).is_file() for names in FILES.values() for name in names)


def _path(folder: Path, name: str) -> Path:
    """Return the path of a file, unpacked where only that is there."""
    packed, unpacked = folder / name, folder / name.removesuffix(".gz")
    return unpacked if unpacked.is_file() and not packed.is_file() else packed


def _load(name: str, folder: Path) -> Task:
    (x_train, y_train), (x_test, y_test) = (_part(folder, *names) for names in FILES.values())
    return Task(
        name=name,
        kind="image",
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        low=0.0,
        high=255.0,
        classes=10,
    )


def _part(folder: Path, images: str, labels: str) -> tuple[np.ndarray, np.ndarray]:
    image_file, label_file = _path(folder, images), _path(folder, labels)
    x, y = _idx(image_file, axes=3), _idx(label_file, axes=1)
    if x.shape[1:] != (SIDE, SIDE):
        height, width = x.shape[1:]
        raise DataError(
            f"{image_file} holds images of {height} × {width} pixels; they must have "
            f"{SIDE} × {SIDE}"
        )
    if len(x) != len(y):
        raise DataError(
            f"{image_file} holds {len(x)} images, and {label_file} {len(y)} labels; they must be "
            "as many"
        )
    if y.max(initial=0) > 9:
        raise DataError(f"{label_file} holds the label {y.max()}; a label is 0 to 9")
    return x, y


def _idx(path: Path, *, axes: int) -> np.ndarray:
    """Read an idx file of bytes: a magic number, the size of each axis, the values."""
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
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


_NAMES = ", ".join(name for names in FILES.values() for name in names)

#: Handwritten digits.
MNIST = Source(
    name="mnist",
    title="MNIST",
    home="http://yann.lecun.com/exdb/mnist",
    folders=("mnist", "MNIST/raw", "MNIST"),
    files=_NAMES,
    there=_there,
    load=partial(_load, "mnist"),
)

#: Pictures of clothes.
FASHION_MNIST = Source(
    name="fashion_mnist",
    title="Fashion-MNIST",
    home="https://github.com/zalandoresearch/fashion-mnist",
    folders=("fashion_mnist", "FashionMNIST/raw", "FashionMNIST"),
    files=_NAMES,
    there=_there,
    load=partial(_load, "fashion_mnist"),
)
