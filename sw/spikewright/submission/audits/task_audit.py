"""What an auditor of submissions knows of a benchmark."""

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["LogError", "TaskAudit", "raw_log", "word"]


@dataclass(frozen=True, kw_only=True)
class TaskAudit:
    """A benchmark as its rules have it: what is claimed must follow from the rows of a trial.

    Parameters
    ----------
    name, title, track : str
    quick : str
        What the quick form leaves out.
    rehearsal : str
        What it is rehearsed on, and in its quick form run on; empty if on nothing else.
    recounted : callable
        Returns the results that follow from the report of a trial, by their names.
    impossible : callable
        Yields a sentence for each thing in a trial's report, or beside it in its folder, that
        cannot be.
    missing : callable
        Yields a sentence for each workload that the report of a trial of a whole form lacks; it is
        given, too, whether that is a rehearsal.
    headline : callable
        Returns title and summary that follow from the report of a trial.
    """

    name: str
    title: str
    track: str
    quick: str
    rehearsal: str = ""
    recounted: Callable[[dict[str, Any]], dict[str, float]]
    impossible: Callable[[dict[str, Any], Path], Iterator[str]]
    missing: Callable[[dict[str, Any], bool], Iterator[str]]
    headline: Callable[[dict[str, Any]], tuple[str, str]]


def word(pattern: str, text: str, of: str) -> str:
    """Return the part of a sentence that nothing else says, such as a clock: group 1 of a pattern.

    Raises :exc:`ValueError` if it is not there.
    """
    found = re.search(pattern, text)
    if found is None:
        raise ValueError(f"the summary has no {of}")
    return found[1]


class LogError(Exception):
    """A raw log is none, and what is wrong with it."""


def raw_log(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a raw log by name.

    Raises
    ------
    LogError
        It is no file of arrays, or a broken one.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as log:
            return dict(log)
    except (
        OSError, ValueError, EOFError, TypeError, AttributeError, MemoryError,
        zipfile.BadZipFile, zlib.error,
    ) as error:
        raise LogError(f"{path.name} cannot be read as arrays: {error}") from error
