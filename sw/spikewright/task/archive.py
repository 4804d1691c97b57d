"""Arrays in files: numpy's, read without ever running what stands in them, and records."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from spikewright.errors import DataError

__all__ = ["read_archive", "read_array", "read_records"]


def read_archive(path: Path, *, own: bool = False) -> dict[str, np.ndarray]:
    """Return the arrays of a ``.npz`` file by name.

    Parameters
    ----------
    path : Path
    own : bool
        Whether the reader has written it, and is told to write it again; else to fetch it again.

    Raises
    ------
    DataError
        It is missing or malformed, or holds pickled objects, which are never loaded.
    """
    written = "write one by numpy.savez" if own else "fetch it again"
    try:
        if path.stat().st_size and not zipfile.is_zipfile(path):
            raise DataError(f"{path} is no .npz file; {written}")
        with np.load(path, allow_pickle=False) as archive:
            return {name: _array(path, archive, name, own) for name in archive.files}
    except FileNotFoundError:
        raise DataError(f"there is no file {path}") from None
    except MemoryError as error:
        raise DataError(f"{path} holds more than fits the memory: {error}") from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        again = "write it again" if own else "fetch it again"
        raise DataError(f"{path} cannot be read: {error}; {again}") from error


def read_array(path: Path) -> np.ndarray:
    """Return the array of a ``.npy`` file.

    Raises
    ------
    DataError
        It is missing or malformed, or holds pickled objects, which are never loaded.
    """
    try:
        with path.open("rb") as file:
            return np.lib.format.read_array(file, allow_pickle=False)
    except FileNotFoundError:
        raise DataError(f"there is no file {path}") from None
    except MemoryError as error:
        raise DataError(f"{path} holds more than fits the memory: {error}") from error
    except (OSError, ValueError, EOFError) as error:
        if "Object arrays" in str(error):
            raise _objects(str(path), own=False) from None
        raise DataError(f"{path} cannot be read: {error}; fetch it again") from error


def read_records(path: Path, *, size: int, what: str) -> np.ndarray:
    """Return the records of a file, uint8 ``[records, size]``.

    Parameters
    ----------
    path : Path
    size : int
        Bytes of a record.
    what : str
        What the records are, in the plural.

    Raises
    ------
    DataError
        It cannot be read, or holds no whole number of records.
    """
    try:
        content = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error}; fetch it again") from error
    if not content.size or content.size % size:
        raise DataError(
            f"{path} holds {content.size} bytes, which is no whole number of {what} of {size}; "
            "fetch it again"
        )
    return content.reshape(-1, size)


def _array(path: Path, archive, name: str, own: bool) -> np.ndarray:
    try:
        return archive[name]
    except ValueError as error:
        if "Object arrays" not in str(error):
            raise
        raise _objects(f"{name} of {path}", own=own) from None


def _objects(name: str, *, own: bool) -> DataError:
    return DataError(
        f"{name} holds Python objects, which are never loaded from a file, since they could run "
        f"anything; {'write' if own else 'fetch a file with'} arrays of numbers"
    )
