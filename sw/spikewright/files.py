"""Writing files so that a reader never sees half of one.

Everything is written to a temporary name in the same folder and renamed when it is complete.
"""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import StorageError
from .temporary import clear_left_behind, temporary

__all__ = [
    "check_writable",
    "replacing",
    "storage_errors",
    "write_bytes",
    "write_if_changed",
    "write_json",
    "write_text",
]

_SENTENCES = {
    errno.ENOSPC: "the disk is full; free some space and try again",
    errno.EDQUOT: "the disk quota is used up; free some space and try again",
    errno.EFBIG: "the file would be larger than this system allows (see `ulimit -f`)",
    errno.EACCES: "there is no permission; choose another place or change the permissions",
    errno.EPERM: "there is no permission; choose another place or change the permissions",
    errno.EROFS: "the file system is read-only; choose another place",
    errno.ENOENT: "the folder does not exist; create it first",
    errno.ENOTDIR: "part of the path is a file, not a folder",
    errno.EEXIST: "part of the path is a file, not a folder",
    errno.EISDIR: "there is a folder of that name",
    errno.ENAMETOOLONG: "the name is too long",
    errno.EIO: "the disk reports an input/output error",
}


def check_writable(path: Path, *, folder: bool = False) -> None:
    """Raise :exc:`StorageError` if it can be seen that the file cannot be written.

    For before long work. Nothing is created; whether the disk has room shows when it is written.

    Parameters
    ----------
    path : Path
    folder : bool
        Whether ``path`` is the folder that files will be written to.
    """
    if path.is_dir() and not folder:
        raise StorageError(f"{path} cannot be written: {_SENTENCES[errno.EISDIR]}")
    absolute = path.absolute()
    there = next(one for one in (absolute, *absolute.parents) if one.exists())
    if there == absolute and not folder:
        there = absolute.parent
    if not there.is_dir():
        raise StorageError(f"{path} cannot be written: {_SENTENCES[errno.ENOTDIR]}")
    if not os.access(there, os.W_OK | os.X_OK):
        raise StorageError(f"{path} cannot be written: {_SENTENCES[errno.EACCES]}")


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn an :exc:`OSError` of the body into a :exc:`StorageError` that names ``path``."""
    try:
        yield
    except OSError as error:
        reason = _SENTENCES.get(error.errno or 0, error.strerror or str(error))
        raise StorageError(f"{path} cannot be written: {reason}") from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Return a temporary path to write to; it becomes ``path`` when the body ends without an error.

    Folders above ``path`` are created. If the body raises, whatever was there before stays, and
    the temporary file is removed.

    Raises
    ------
    StorageError
        An :exc:`OSError` happened: the disk is full, there is no permission, ...
    """
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        clear_left_behind(path.parent)
        with temporary(path) as made:
            yield made
            made.replace(path)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file at once; see :func:`replacing` for errors."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file at once; see :func:`replacing` for errors."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON at once; NaN and infinity raise :exc:`ValueError`."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def write_if_changed(path: Path, text: str) -> bool:
    """Write a text file only if it would differ; say whether it was written.

    An unchanged file keeps its time stamp, so that nothing that depends on it is rebuilt.
    """
    try:
        if path.read_bytes() == text.encode():
            return False
    except OSError:
        pass  # missing or unreadable: written, or refused, below
    write_text(path, text)
    return True
