"""``spikewright bench engine``: each target of the event engine, and what is reached.

A row is a work by itself, of stages that are kept by content: a network by what its training
depends on; what a simulation gives, by the gateware as it is emitted and what is sent to it; a
placement by the netlist, the part, the tool and the seed. So a change of the code that changes none
of these leaves a row as it is, and the bench goes on where it was ended. What is timed is kept by
the code.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console

from spikewright_hw.checks import each_once, pathlike, shown, whole

from ... import terminal
from ...cache import NotKept
from ...errors import BuildError, DataError, ToolError
from ...exploration.results import Results
from ...files import write_if_changed
from ...imports import code_key
from ...job.progress import JobProgress
from ...job.training import versions
from ...machine import processor
from ...quantized.network import MOST_SEED
from ...record.figure import Figure
from ...record.markdown import filled, table, wrapped
from ...record.report import Report
from ...record.store import write_report
from ...task.known import SOURCES
from ...task.source import located
from .better import BETTER, SAID
from .better import HEADINGS as BETTER_HEADINGS
from .target import Found, NotHere, Target
from .targets import TARGETS
from .work import Work

__all__ = ["PAGE", "bench_engine"]

PAGE = Path("docs") / "bench_engine.md"
#: Blocks of the page.
BLOCKS = ("targets", "better")
HEADINGS = ("row", "what", "asked", "reached", "unit", "how", "", "of it")


@dataclass(frozen=True, kw_only=True)
class _Row:
    """A target, what was found, or why nothing was."""

    target: Target
    found: Found | None
    why: str
    processor: str
    command: str

    def as_json(self) -> dict[str, Any]:
        """Return the row of the report."""
        target, found = self.target, self.found
        asked = target.asked if found is None or found.asked is None else found.asked
        met = "not run" if found is None else ""
        if found is not None and asked is not None:
            met = "met" if asked.met_by(found.figure.value) else "not met"
        return {
            "name": target.name, "what": target.title, "asked": str(asked or ""),
            "reached": None if found is None else found.figure.value, "unit": target.unit,
            "how": "" if found is None else found.figure.provenance.kind, "met": met,
            "note": self.why if found is None else found.note, "processor": self.processor,
            "command": self.command,
        }


def bench_engine(
    *rows: str,
    folder: str | Path | None = None,
    seeds: Sequence[int] = (0,),
    pnr_seeds: Sequence[int] = tuple(range(1, 11)),
    samples: int = 100,
    pages: bool = False,
    build: str | Path = "build",
    root: Path = Path(),
    console: Console | None = None,
) -> Report:
    """Work out rows, print the table of all, and write the report ``engine``.

    Parameters
    ----------
    rows : str
        Names of rows to work out, of which those that are timed are timed again; unless given, all
        those that are not known yet.
    folder : str or Path, optional
        Folder of the data sets; the one in ``SPIKEWRIGHT_DATA`` if not given.
    seeds : sequence of int
        Of the trainings, for the spread of accuracies; the first one's network is built.
    pnr_seeds : sequence of int
        Of the placer; the median counts. A row of which some of them are known stands in the table
        with these, whose number it says.
    samples : int
        Images that the gateware is simulated for, and compared with the reference.
    pages : bool
        Whether the blocks of ``docs/bench_engine.md`` in the checkout ``root`` are written, too.
    build, root : str or Path
        Folder of everything generated; the checkout.
    console : rich.console.Console, optional

    Raises
    ------
    DataError
        There is no such row, or a data set that rows need is not at hand.
    DeviceError
        The gateware differs from the reference.
    StorageError
        Something cannot be written.
    """
    known = [target.name for target in TARGETS]
    for name in rows:
        if name not in known:
            raise DataError(f"there is no row {shown(name)}; there are {', '.join(known)}")
    settings = {
        "seeds": each_once(0, MOST_SEED)("seeds", seeds),
        "pnr_seeds": each_once(0)("pnr_seeds", pnr_seeds),
        "samples": whole(1)("samples", samples),
    }
    place = None if folder is None else pathlike("folder", folder)
    console = terminal.console() if console is None else console
    for name in dict.fromkeys(
        task for target in TARGETS if target.name in rows or not rows for task in target.tasks
    ):
        located(SOURCES[name], place)  # told now, not after minutes of work
    with JobProgress() as progress, progress.part("Event engine") as tell:
        work = Work(
            folder=place, build=pathlike("build", build), tell=tell, **settings
        )
        made = _worked_out(rows, work)
    report = _report(made)
    _print(report, console)
    path = write_report(report, pathlike("build", build) / "reports" / report.name)
    console.print(f"Report: {path}", highlight=False)
    if pages:
        _write_page(report, root / PAGE)
    return report


def _worked_out(names: Sequence[str], work: Work) -> list[_Row]:
    """Work out the rows of these names, or all; then return every row, as far as it is known."""
    timed = Results(work.build / "bench" / "engine")
    absent: dict[str, str] = {}
    for target in TARGETS:
        known = not names and isinstance(_looked_up(target, work, timed), Found)
        if (known and not work.partial) or (names and target.name not in names):
            continue
        work.tell(target.title)
        try:
            found = target.work(work, target)
        except (NotHere, BuildError, ToolError) as why:
            absent[target.name] = str(why)
            continue
        if target.timed:
            timed.keep("timed", _timed_key(target), found.as_json())
    return [_row(target, _looked_up(target, work, timed), absent) for target in TARGETS]


def _row(target: Target, found: Found | NotHere | None, absent: dict[str, str]) -> _Row:
    there = isinstance(found, Found)
    return _Row(
        target=target, found=found if there else None,
        why="" if there else absent.get(target.name, str(found or "")),
        processor=processor(), command=f"spikewright bench engine --row {target.name}",
    )


def _looked_up(target: Target, work: Work, timed: Results) -> Found | NotHere | None:
    """Return what is known of a row, be it of some seeds of the placer alone; or why nothing is."""
    if target.timed:
        work.partial = False
        kept = timed.find("timed", _timed_key(target))
        return None if kept is None else Found.from_json(kept)
    with work.looking_up():
        try:
            return target.work(work, target)
        except NotHere as why:
            return why
        except (NotKept, DataError, ToolError):  # its data set, or a tool, is not at hand, either
            return None


def _timed_key(target: Target) -> dict[str, Any]:
    """Return what a time depends on: the code, and the machine."""
    return {"row": target.name, "code": code_key(__name__), "processor": processor()}


def _report(rows: Sequence[_Row]) -> Report:
    data = [row.as_json() for row in rows]
    count = {
        said: sum(row["met"] == said for row in data) for said in ("met", "not met", "not run")
    }
    figures: tuple[Figure, ...] = tuple(row.found.figure for row in rows if row.found is not None)
    return Report(
        name="engine",
        title="The event engine: what it is to reach",
        summary=f"{count['met']} targets met, {count['not met']} not met, {count['not run']} rows "
        "not run. A row without a bound stands beside another one.",
        figures=figures,
        rows=tuple(data),
        made={"command": "spikewright bench engine", "processor": processor()} | versions(),
    )


def _lines(report: Report) -> Iterator[str]:
    return table(HEADINGS, (
        [
            row["name"], row["what"], row["asked"],
            "" if row["reached"] is None else f"{row['reached']:,}", row["unit"], row["how"],
            row["met"], row["note"],
        ]
        for row in report.rows
    ))


def _print(report: Report, console: Console) -> None:
    lines = [*_lines(report), "", SAID, "", *table(BETTER_HEADINGS, BETTER), "", report.summary]
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _write_page(report: Report, page: Path) -> bool:
    """Write the blocks of the page; return whether it changed."""
    if not page.is_file():
        raise DataError(f"there is no page {page}; run this in the checkout of the project")
    packages = ", ".join(f"{name} {one}" for name, one in versions().items())
    said = wrapped(
        f"{report.summary} {report.made['command']}, {date.today().isoformat()}, "
        f"{report.made['processor']}, {packages}."
    )
    blocks = {
        "targets": "\n".join([said, "", *_lines(report)]),
        "better": "\n".join([wrapped(SAID), "", *table(BETTER_HEADINGS, BETTER)]),
    }
    text = page.read_text(encoding="utf-8")
    return write_if_changed(page, filled(text, blocks, page=page, names=BLOCKS))
