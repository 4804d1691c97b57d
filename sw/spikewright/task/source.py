"""Where a data set comes from, and where its files are."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from spikewright.errors import DataError

from .audio import Recordings
from .task import Task

__all__ = ["VARIABLE", "Files", "Source", "find", "located", "unnamed"]

#: Environment variable that names a folder of data sets.
VARIABLE = "SPIKEWRIGHT_DATA"


@dataclass(frozen=True, kw_only=True)
class Files:
    """Files that the project can read, but does not bring along.

    Parameters
    ----------
    name : str
        What they are called here.
    title : str
        As their authors call them.
    home : str
        Where to get them.
    folders : tuple of str
        Names that their folder may have below a folder of data sets.
    files : str
        What lies in it, in words.
    there : callable
        Takes a folder; says whether the files are in it.
    """

    name: str
    title: str
    home: str
    folders: tuple[str, ...]
    files: str
    there: Callable[[Path], bool]


@dataclass(frozen=True, kw_only=True)
class Source(Files):
    """The files of a data set, and how they become a task, whose name is theirs.

    Parameters
    ----------
    load : callable
        Takes the folder and returns the task.
    recordings : callable, optional
        Of sounds that become energies in bands: takes the folder and returns the recordings.
    groups : callable, optional
        Where samples belong together, such as those of one recording: takes the folder and returns
        the group of each sample of the training part.
    """

    load: Callable[[Path], Task]
    recordings: Callable[[Path], Recordings] | None = None
    groups: Callable[[Path], Sequence[str]] | None = None


def find(source: Files, folder: Path | None = None) -> Path | None:
    """Return the folder of a data set: ``folder``, or the one in :data:`VARIABLE`, or one below it.

    None where no folder is named.

    Raises
    ------
    DataError
        A folder is named that does not exist, or has not all of the files.
    """
    named = os.environ.get(VARIABLE) or None if folder is None else folder
    if named is None:
        return None
    if not Path(named).is_dir():
        raise DataError(f"{source.title}: there is no folder {named}; name the one with its files")
    places = [Path(named), *(Path(named) / below for below in source.folders)]
    for place in places:
        if source.there(place):
            return place
    raise DataError(
        f"{source.title} is neither in {places[0]} nor in {places[1]}; its files are "
        f"{source.files}; get them from {source.home}"
    )


def located(source: Files, folder: Path | None = None) -> Path:
    """Return the folder of a data set, as :func:`find` does.

    Raises
    ------
    DataError
        No folder is named, or it does not exist, or has not all of the files.
    """
    found = find(source, folder)
    if found is None:
        raise unnamed(source, by=f"by folder=, or in the environment variable {VARIABLE}")
    return found


def unnamed(source: Files, *, by: str) -> DataError:
    """Return the error of a data set whose folder is not named; ``by`` says how it is named."""
    return DataError(
        f"{source.name} needs its files: {source.files}; get them from {source.home}, and name "
        f"their folder {by}"
    )
