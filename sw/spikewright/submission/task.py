"""What a task needs in order to be submitted: how it runs, what its results are, what is said."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from ..record.figure import Figure
from ..record.report import Report

__all__ = ["Form", "Said", "Task", "Trial"]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One of the five trials of a submission.

    Parameters
    ----------
    number : int
        From 0.
    quick : bool
        Whether it is the quick form, which is no submission.
    rehearsal : bool
        Whether it is on other data than the benchmark's.
    folder : Path
        Where its report goes.
    build : str or Path
        Folder of what is generated.
    console : rich.console.Console
        Its log.
    """

    number: int
    quick: bool
    rehearsal: bool
    folder: Path
    build: str | Path
    console: Console


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a report has to say beside figures: paragraphs, and lists of parts.

    Parameters
    ----------
    architecture, algorithm, measurement : str
    workflow : tuple of str
        The stages, in order, for the picture.
    included, omitted : tuple of str
        Parts that the figures are of, and parts that they are not of.
    """

    architecture: str
    algorithm: str
    workflow: tuple[str, ...]
    measurement: str
    included: tuple[str, ...]
    omitted: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Task:
    """A benchmark that can be submitted.

    Parameters
    ----------
    name, title, track : str
    run : callable
        Runs a trial, and returns its report.
    results : callable
        Returns the figures of a trial's report that are claimed.
    said : Said
    quick : str
        What the quick form leaves out.
    rehearsal : str
        What it is rehearsed on where the benchmark's data are not at hand; empty where these are
        drawn or computed. The quick form is on it, too.
    data : callable, optional
        Raises :exc:`~spikewright.errors.DataError` if the files of a trial, or of its rehearsal if
        it is given True, are not at hand.
    system : callable, optional
        Returns the record's groups of the system track, by the report of the first trial:
        ``identity``, ``power`` and ``phases``.
    """

    name: str
    title: str
    track: str
    run: Callable[[Trial], Report]
    results: Callable[[Report], tuple[Figure, ...]]
    said: Said
    quick: str
    rehearsal: str = ""
    data: Callable[[bool], None] = lambda rehearsal: None
    system: Callable[[Report], dict[str, Any]] | None = None


@dataclass(frozen=True, kw_only=True)
class Form:
    """Which form of a submission it is.

    Parameters
    ----------
    quick : bool
        A part of the workloads.
    rehearsal : bool
        On other data than the benchmark's.
    """

    quick: bool
    rehearsal: bool

    @property
    def options(self) -> str:
        """What the command line has for it; the quick form needs no word for its data."""
        return " --quick" if self.quick else " --rehearsal" * self.rehearsal

    def told(self, task: Task) -> list[str]:
        """Return a sentence for each thing by which it is no submission."""
        return (
            [f"A rehearsal, on {task.rehearsal}: not on the benchmark's data."] * self.rehearsal
            + [f"The quick form, no submission: {task.quick}."] * self.quick
        )
