"""MNIST and Fashion-MNIST, on small files of their format."""

import gzip
import re
import struct
from pathlib import Path

import numpy as np
import pytest

from spikewright.errors import DataError
from spikewright.task.known import load_task
from spikewright.task.mnist import FILES, MNIST
from spikewright.task.source import VARIABLE, find

IMAGES, LABELS = FILES["train"]


def idx(values: np.ndarray) -> bytes:
    return (
        bytes((0, 0, 8, values.ndim)) + struct.pack(f">{values.ndim}I", *values.shape)
        + values.tobytes()
    )


def put(path: Path, content: bytes) -> None:
    path.write_bytes(gzip.compress(content))


@pytest.fixture
def arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    made = {}
    for count, (images, labels) in zip((13, 4), FILES.values(), strict=True):
        made[images] = rng.integers(0, 256, (count, 28, 28), np.uint8)
        made[labels] = np.arange(count, dtype=np.uint8) % 10
    return made


@pytest.fixture
def folder(arrays, tmp_path) -> Path:
    folder = tmp_path / "mnist"
    folder.mkdir()
    for name, values in arrays.items():
        put(folder / name, idx(values))
    return folder


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
@pytest.mark.parametrize("unpacked", [False, True])
def test_samples_and_labels(name, unpacked, folder, arrays):
    if unpacked:
        for path in folder.iterdir():
            path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
            path.unlink()
    task = load_task(name, folder=folder)
    assert (task.name, task.classes, task.image, task.values) == (name, 10, (28, 28), 784)
    assert (task.low, task.high) == (0.0, 255.0)
    assert task.x_train.dtype == np.float32 and task.y_train.dtype == np.int64
    assert np.array_equal(task.x_train, arrays[IMAGES])
    assert np.array_equal(task.y_train, arrays[LABELS])
    images, labels = FILES["test"]
    assert np.array_equal(task.x_test, arrays[images])
    assert np.array_equal(task.y_test, arrays[labels])


def test_the_folder_is_found(folder, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert find(MNIST) is None
    assert find(MNIST, folder) == find(MNIST, folder.parent) == folder
    monkeypatch.setenv(VARIABLE, str(folder.parent))
    assert find(MNIST) == folder
    monkeypatch.setenv(VARIABLE, "")
    assert find(MNIST) is None


def test_a_folder_that_does_not_exist(tmp_path):
    absent = tmp_path / "absent"
    message = f"MNIST: there is no folder {absent}; name the one with its files"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        find(MNIST, absent)


def test_a_folder_without_the_files(tmp_path, folder, monkeypatch):
    (folder / LABELS).unlink()
    names = ", ".join(name for names in FILES.values() for name in names)
    message = (
        f"MNIST is neither in {tmp_path} nor in {folder}; its files are {names}; get them from "
        "http://yann.lecun.com/exdb/mnist"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        find(MNIST, tmp_path)
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        find(MNIST)


def refused(folder: Path, message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(message)}"):
        load_task("mnist", folder=folder)


def test_a_file_that_cannot_be_read(folder):
    path = folder / IMAGES
    whole = path.read_bytes()
    for content in (b"", b"no gzip at all", whole[: len(whole) // 2], whole[:50] + bytes(50)):
        path.write_bytes(content)
        if content:
            refused(folder, f"{path} cannot be read: ")
        else:
            refused(folder, f"{path} is no idx file of bytes with 3 axes; fetch it again")


@pytest.mark.parametrize("content", [
    bytes((0, 0, 8)),
    bytes((0, 0, 8, 3)) + bytes(8),  # an axis is missing
    bytes((0, 0, 8, 1)) + bytes(12),  # labels where images belong
    bytes((0, 0, 13, 3)) + bytes(12),  # floats
    bytes((1, 0, 8, 3)) + bytes(12),
])
def test_a_file_of_another_kind(content, folder):
    put(folder / IMAGES, content)
    refused(
        folder, f"{folder / IMAGES} is no idx file of bytes with 3 axes; fetch it again"
    )


@pytest.mark.parametrize("more", [-1, 1])
def test_a_file_of_another_size(more, folder, arrays):
    content = idx(arrays[IMAGES])
    put(folder / IMAGES, content[:more] if more < 0 else content + bytes(more))
    refused(
        folder,
        f"{folder / IMAGES} holds {13 * 784 + more} values, but says that they are 13 × 28 × 28; "
        "fetch it again",
    )


def test_images_of_another_size(folder):
    put(folder / IMAGES, idx(np.zeros((13, 8, 9), np.uint8)))
    refused(
        folder,
        f"{folder / IMAGES} holds images of 8 × 9 pixels; they must have 28 × 28",
    )


def test_labels_that_do_not_fit(folder):
    put(folder / LABELS, idx(np.zeros(6, np.uint8)))
    refused(
        folder,
        f"{folder / IMAGES} holds 13 images, and {folder / LABELS} 6 labels; they must be as many",
    )
    put(folder / LABELS, idx(np.arange(13, dtype=np.uint8)))
    refused(folder, f"{folder / LABELS} holds the label 12; a label is 0 to 9")
