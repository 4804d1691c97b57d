"""Paths that can stand in a makefile or a shell's command: without a space, and without signs."""

import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path

from .errors import ToolError
from .files import storage_errors

__all__ = ["is_plain", "plain_path"]


def is_plain(path: Path) -> bool:
    """Whether no program can take a character of a path for anything else."""
    return re.fullmatch(r"[A-Za-z0-9_./+-]+", str(path)) is not None


def plain_path(folder: Path) -> Path:
    """Return a path of a folder that can stand in a makefile: its own, or that of a link to it.

    The link stays, in the user's cache folder, and is the same each time.

    Raises
    ------
    ToolError
        There is no plain path for the link, either.
    """
    if is_plain(folder):
        return folder
    place = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "spikewright"
    if not is_plain(place):
        raise ToolError(
            f"{folder} has a space or a sign in its path that make cannot take, and so has "
            f"{place}, where a link to it would be; name a plain folder in XDG_CACHE_HOME"
        )
    link = place / hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    with storage_errors(link), suppress(FileExistsError):
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        link.symlink_to(folder)
    return link
