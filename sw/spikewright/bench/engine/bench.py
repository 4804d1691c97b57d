"""``spikewright bench engine``: each target of the event engine, and what is reached.

A row is a work by itself. Its result is kept by what it depends on, so that the bench goes on where
it was ended, and each row can be worked out alone.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from rich.console import Console

from spikewright_hw.checks import each_once, pathlike, shown, whole

from ... import terminal
from ...errors import DataError
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
        Names of rows, which are worked out again; unless given, all those that are not known yet.
    folder : str or Path, optional
        Folder of the data sets; the one in ``SPIKEWRIGHT_DATA`` if not given.
    seeds : sequence of int
        Of the trainings, for the spread of accuracies; the first one's network is built.
    pnr_seeds : sequence of int
        Of the placer; the median counts. A row that is known of the first ones alone is worked out
        again, and until then stands in the table with these, whose number it says.
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
    key = _Key(
        seeds=each_once(0, MOST_SEED)("seeds", seeds),
        pnr_seeds=each_once(0)("pnr_seeds", pnr_seeds),
        samples=whole(1)("samples", samples),
    )
    place = None if folder is None else pathlike("folder", folder)
    console = terminal.console() if console is None else console
    results = Results(pathlike("build", build) / "bench" / "engine")
    todo = [
        target for target in TARGETS
        if target.name in rows or not (rows or results.find("rows", key.of(target)))
    ]
    for name in dict.fromkeys(task for target in todo for task in target.tasks):
        located(SOURCES[name], place)  # told now, not after minutes of work
    absent: dict[str, str] = {}
    with JobProgress() as progress, progress.part("Event engine") as tell:
        work = Work(
            folder=place, seeds=key.seeds, pnr_seeds=key.pnr_seeds, samples=samples,
            build=pathlike("build", build), tell=tell,
        )
        for target in todo:
            tell(target.title)
            try:
                found = target.work(work, target)
            except NotHere as why:
                absent[target.name] = str(why)
                continue
            results.keep("rows", key.of(target), {
                "found": found.as_json(), "processor": processor(),
                "command": f"spikewright bench engine --row {target.name}",
            })
    made = [_row(target, results, key, absent) for target in TARGETS]
    report = _report(made)
    _print(report, console)
    path = write_report(report, pathlike("build", build) / "reports" / report.name)
    console.print(f"Report: {path}", highlight=False)
    if pages:
        _write_page(report, root / PAGE)
    return report


@dataclass(frozen=True, kw_only=True)
class _Key:
    """What results depend on beside their row: the settings, and the code."""

    seeds: tuple[int, ...]
    pnr_seeds: tuple[int, ...]
    samples: int

    def of(self, target: Target) -> dict[str, Any]:
        """Return the key of a row's result."""
        return {
            "row": target.name, "seeds": list(self.seeds), "pnr_seeds": list(self.pnr_seeds),
            "samples": self.samples, "code": _code(),
            "processor": processor() if target.timed else "",
        }


@cache
def _code() -> str:
    return hashlib.sha256(json.dumps(code_key(__name__), sort_keys=True).encode()).hexdigest()


def _kept(target: Target, results: Results, key: _Key) -> dict[str, Any] | None:
    """Return the result of a row, be it of the first seeds of the placer alone."""
    for count in range(len(key.pnr_seeds), 0, -1):
        few = replace(key, pnr_seeds=key.pnr_seeds[:count])
        if (found := results.find("rows", few.of(target))) is not None:
            return found
    return None


def _row(target: Target, results: Results, key: _Key, absent: dict[str, str]) -> _Row:
    kept = _kept(target, results, key)
    command = f"spikewright bench engine --row {target.name}"
    if kept is None:
        why = absent.get(target.name, "")
        return _Row(target=target, found=None, why=why, processor="", command=command)
    return _Row(
        target=target, found=Found.from_json(kept["found"]), why="",
        processor=kept["processor"], command=kept["command"],
    )


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
