"""Temporary files and folders: beside what they become, and removed when their owner ends.

The owner holds a lock on what it has made. The system gives the lock up when the owner ends, by any
signal; so what bears a temporary name and is not locked was left behind, and the next program that
passes by removes it.
"""

import fcntl
import os
import re
import secrets
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import StorageError

__all__ = ["clear_left_behind", "remove_all", "temporary"]

_NAME = re.compile(r"\..+\.\d+\.[0-9a-f]{8}\.tmp")

_held: dict[Path, int] = {}
_lock = threading.Lock()
_ended = False


@contextmanager
def temporary(path: Path, *, folder: bool = False) -> Iterator[Path]:
    """Return a new empty file, or folder, beside ``path`` for the length of the body.

    Whatever bears its name at the end of the body is removed; the body may give it another name.

    Raises
    ------
    OSError
        It cannot be made.
    StorageError
        This process is being interrupted and writes no more.
    """
    made = _make(path, folder=folder)
    try:
        yield made
    finally:
        with _lock:
            descriptor = _held.pop(made, None)
        _remove(made)
        if descriptor is not None:
            os.close(descriptor)


def clear_left_behind(folder: Path) -> None:
    """Remove from a folder what programs that were killed have left there."""
    try:
        found = [entry for entry in folder.iterdir() if _NAME.fullmatch(entry.name)]
    except OSError:
        return  # no folder, so nothing is in it
    for entry in found:
        with suppress(OSError):  # locked by its owner, gone meanwhile, or somebody else's
            descriptor = os.open(entry, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(entry)
            finally:
                os.close(descriptor)


def remove_all() -> None:
    """Remove every temporary file and folder of this process, and make no other any more.

    For the end of the process in the middle of its work: other threads may still be writing.
    """
    global _ended
    with _lock:
        _ended = True
        held = list(_held)
    for path in held:
        for _ in range(10):
            _remove(path)
            if not path.exists():
                break


def _make(path: Path, *, folder: bool) -> Path:
    while True:
        made = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
        with _lock:
            if _ended:
                raise StorageError(f"{path} was not written: interrupted")
            if folder:
                made.mkdir(parents=True)
                descriptor = os.open(made, os.O_RDONLY)
            else:
                descriptor = os.open(made, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666)
            if _locked(made, descriptor):
                _held[made] = descriptor
                return made
            os.close(descriptor)


def _locked(path: Path, descriptor: int) -> bool:
    """Lock a new file; whether it is still there, for another program may have cleared it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks: then nobody clears anything, either
        return True
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()
