"""Files held to the list of checksums that came with them."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from warnings import warn

from spikewright.errors import DataError, SpikewrightWarning

__all__ = ["LISTS", "check_sums"]

#: Names that such a list has: PhysioNet's, and that of many others.
LISTS = ("SHA256SUMS.txt", "SHA256SUMS")


def check_sums(folder: Path, paths: Iterable[Path]) -> bool:
    """Hold files to the SHA-256 that the list in their folder has of them.

    Parameters
    ----------
    folder : Path
        Where the list may be, a line for each file: the sum, then the name as seen from there.
    paths : iterable of Path
        In the folder; files that the list does not name are not checked.

    Returns
    -------
    bool
        Whether there is a list that names all of them.

    Warns
    -----
    SpikewrightWarning
        There is a list, and it names none of them.

    Raises
    ------
    DataError
        A file has another sum than the list says, or one of the two cannot be read.
    """
    listed, found = _listed(folder)
    named = unnamed = 0
    for path in paths:
        wanted = listed.get(path.relative_to(folder).as_posix())
        named, unnamed = named + (wanted is not None), unnamed + (wanted is None)
        if wanted is None:
            continue
        if hashlib.sha256(_content(path)).hexdigest() != wanted:
            raise DataError(
                f"{path} has another SHA-256 than the list beside it says, so it was altered or "
                "only partly fetched; fetch it again"
            )
    if found is not None and not named:
        warn(
            f"{found} names none of the {unnamed} files that are read, so that none was held to "
            "it; names in it are as seen from its folder",
            SpikewrightWarning, stacklevel=2,
        )
    return bool(named) and not unnamed


def _listed(folder: Path) -> tuple[dict[str, str], Path | None]:
    """Return the sums by name, and the list; none where there is no list."""
    for path in (folder / name for name in LISTS):
        if path.is_file():
            pairs = (line.split(maxsplit=1) for line in
                     _content(path).decode(errors="replace").splitlines() if line.strip())
            return {
                name.lstrip("*").removeprefix("./"): total.lower()
                for total, *rest in pairs for name in rest
            }, path
    return {}, None


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error}; fetch it again") from error
