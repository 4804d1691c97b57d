"""Benchmarks that end in a report: what all of them share, from the first check to the page."""

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
from rich.console import Console

from spikewright_hw.checks import flag, instance, pathlike

from .. import terminal
from ..errors import DataError
from ..files import write_if_changed
from ..machine import processor
from .markdown import filled, wrapped
from .report import Report
from .store import REPORTS, write_report

__all__ = ["Benchmark", "Outcome", "made_by", "run_benchmark", "said"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a benchmark.

    Parameters
    ----------
    report : Report
    lines : sequence of str
        Tables that are printed above the report's summary.
    blocks : mapping of str to str or None
        All generated blocks of the benchmark's page, by name; None for one that stays as it is.
    """

    report: Report
    lines: Sequence[str]
    blocks: Mapping[str, str | None]


@dataclass(frozen=True, kw_only=True)
class Benchmark(ABC):
    """Settings of a benchmark, and how it is run: by :func:`run_benchmark`."""

    #: The page of the docs with its tables, from the top of the checkout.
    page: ClassVar[Path]

    @property
    @abstractmethod
    def name(self) -> str:
        """Name of the report."""

    @abstractmethod
    def outcome(self, *, command: str, folder: Path, build: Path) -> Outcome:
        """Run the benchmark, and return what came of it.

        Parameters
        ----------
        command : str
            What the report says to repeat it.
        folder : Path
            Of the report; what belongs beside it, such as the network, is written there.
        build : Path
            Where what was made before is kept.
        """


def run_benchmark(
    benchmark: Benchmark, *, command: str | None = None, directory: str | Path | None = None,
    pages: bool = False, root: str | Path = ".", build: str | Path = "build",
    console: Console | None = None,
) -> Report:
    """Run a benchmark, print its tables and its summary, write its report, and return it.

    Parameters
    ----------
    benchmark : Benchmark
        Such as :class:`QuboBenchmark`, which says what is done and what is written.
    command : str, optional
        What the report says to repeat it; the call of this function unless given.
    directory : str or Path, optional
        Where the report goes; ``build/reports``, and the benchmark's name, unless given.
    pages : bool
        Whether the generated blocks of the benchmark's page in the checkout ``root`` are written,
        too.
    root : str or Path
        The checkout.
    build : str or Path
        Where what was made before is kept: trained networks, virtual boards, bitstreams.
    console : rich.console.Console, optional

    Raises
    ------
    DataError
        Data are missing or malformed, do not fit what is asked, or there is no page to write.
    DeviceError
        A value of a board differs from the reference, or a board does not answer.
    ToolError, BuildError, StorageError
        A board cannot be compiled or built, or a file cannot be written.
    ValueError
        A setting does not fit the others.
    """
    instance(Benchmark)("benchmark", benchmark)
    console = terminal.console() if console is None else console
    page = pathlike("root", root) / benchmark.page
    if flag("pages", pages) and not page.is_file():
        raise DataError(f"there is no page {page}; run this in the checkout")
    folder = REPORTS / benchmark.name if directory is None else pathlike("directory", directory)
    outcome = benchmark.outcome(
        command=_call(benchmark) if command is None else command, folder=folder,
        build=pathlike("build", build),
    )
    for line in (*outcome.lines, "", outcome.report.summary):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    write_report(outcome.report, folder)
    if pages:
        there = page.read_text(encoding="utf-8")
        blocks = outcome.blocks
        write_if_changed(page, filled(there, blocks, page=page, names=tuple(blocks)))
    return outcome.report


def _call(benchmark: Benchmark) -> str:
    """Return the call that repeats a benchmark; the data are in a folder ``DIR``, as anywhere."""
    if getattr(benchmark, "folder", None) is not None:
        benchmark = replace(benchmark, **{"folder": "DIR"})
    return f"spikewright.run_benchmark(spikewright.{benchmark!r})"


def made_by(command: str) -> dict[str, str]:
    """Return how, when and where a report is made."""
    return {
        "command": command, "date": time.strftime("%Y-%m-%d"), "processor": processor(),
        "numpy": np.__version__,
    }


def said(report: Report, *more: str) -> str:
    """Return a report's summary, and how, when and where it was made, as a paragraph of a page.

    Sentences of ``more`` stand between the two.
    """
    how = "{command}, {date}, {processor}, numpy {numpy}".format_map(report.made)
    return wrapped(" ".join([report.summary, *more, f"{how}."]))
