"""A content-addressed cache of build stages: what did not change is not built again.

The result of a stage is a folder, ``<root>/<stage>/<hash of the key>/``. It appears under that
name only when it is complete, so whatever is found there can be used.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from .files import storage_errors, write_json
from .temporary import clear_left_behind, temporary

__all__ = ["KEY_FILE", "NotKept", "cached", "digest", "only_kept"]

KEY_FILE = "key.json"
"""In each stage's folder: what the key was made of."""


_ONLY_KEPT: ContextVar[bool] = ContextVar("only_kept", default=False)


class NotKept(Exception):
    """A stage that is not there, asked for within :func:`only_kept`."""


@contextmanager
def only_kept() -> Iterator[None]:
    """Build no stage within: :exc:`NotKept` is raised for one that is not there."""
    token = _ONLY_KEPT.set(True)
    try:
        yield
    finally:
        _ONLY_KEPT.reset(token)


def digest(value: Any) -> str:
    """Return the SHA-256 of a JSON value, in hexadecimal digits; the order of keys is no matter."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def cached(
    name: str,
    key: dict[str, Any],
    build: Callable[[Path], None],
    *,
    root: Path | None = None,
) -> Path:
    """Return the folder of a stage, building it unless it is there.

    Parameters
    ----------
    name : str
        Name of the stage.
    key : dict
        Everything the result depends on, as JSON values: hashes of inputs, options, versions.
    build : callable
        Fills the empty folder it is given. If it raises or is interrupted, nothing stays; a log
        that should outlive a failure therefore belongs elsewhere.
    root : Path
        Where stages are kept; ``build/cache`` in the current folder unless given.

    Raises
    ------
    NotKept
        It is not there, within :func:`only_kept`.
    StorageError
        The folder, or a file that ``build`` writes, cannot be written.
    """
    stage = (Path("build") / "cache" if root is None else root) / name
    folder = stage / digest(key)[:20]
    for each in stage.parent.glob("*"):
        clear_left_behind(each)
    if folder.is_dir():
        return folder
    if _ONLY_KEPT.get():
        raise NotKept(f"{stage} holds no result of this")
    with storage_errors(folder), temporary(folder, folder=True) as made:
        build(made)
        write_json(made / KEY_FILE, key)
        try:
            made.rename(folder)
        except OSError:
            if not folder.is_dir():  # else somebody built the same at the same time
                raise
    return folder
