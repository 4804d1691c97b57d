"""``spikewright neurobench submit``: five trials, and the folder that NeuroBench asks for."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from statistics import mean
from typing import Any

from rich.console import Console

from spikewright_hw.checks import flag, instance, pathlike

from .. import terminal
from ..errors import DataError
from ..files import storage_errors, write_json, write_text
from ..job.training import versions
from ..machine import commit, processor
from ..record.figure import Figure
from ..record.report import Report
from ..record.store import write_report
from ..record.system_record import Submitter
from ..temporary import temporary
from .page import report_page
from .task import Form, Task, Trial
from .tasks.known import task_named

__all__ = ["SUBMISSIONS", "TRIALS", "repeated", "submit"]

#: Where submissions are written, unless another folder is given.
SUBMISSIONS = Path("build") / "submissions"
#: Trials that the rules ask for.
TRIALS = 5
_SUBMITTER = Submitter()


def submit(
    task: str, folder: str | Path | None = None, *, quick: bool = False, rehearsal: bool = False,
    submitter: Submitter = _SUBMITTER, build: str | Path = "build",
    console: Console | None = None,
) -> Path:
    """Run five trials of a benchmark, and write a submission; return its folder.

    It has the record (``report.json``), ``report.md``, each trial with its report and log, and
    ``submission.json`` with the results and the hash of each file. All of it is simulated, and
    says so.

    Parameters
    ----------
    task : str
        ``"qubo"``, ``"mackey-glass"``, ``"cart-pole"``, or ``"run"``: the digits; or ``"asc"``,
        ``"primate-reaching"`` or ``"keyword-fscil"``, whose data are searched in
        ``SPIKEWRIGHT_DATA``; or ``"detection"``, which is rehearsed alone.
    folder : str or Path, optional
        A new one, or an empty one; ``build/submissions/TASK`` unless given.
    quick : bool
        A part of the workloads, in seconds, to see what a submission looks like; it is none.
    rehearsal : bool
        On other data than the benchmark's, which are not at hand; it is no submission, and says so.
    submitter : Submitter
    build : str or Path
        Folder of what is generated.
    console : rich.console.Console, optional

    Raises
    ------
    DataError
        There is something in the folder, or the data are not at hand.
    ValueError
        There is no such task, or it has no rehearsal.
    ToolError, BuildError, StorageError
        A trial cannot be run, or a file cannot be written.
    """
    chosen, quick = task_named(task), flag("quick", quick)
    rehearsal = _rehearsed(chosen, quick=quick, rehearsal=flag("rehearsal", rehearsal))
    instance(Submitter)("submitter", submitter)
    place = SUBMISSIONS / task if folder is None else pathlike("folder", folder)
    if place.exists() and not place.is_dir():
        raise DataError(f"{place} is no folder; name another one by folder=")
    if place.is_dir() and any(place.iterdir()):
        raise DataError(f"{place} is not empty; move it away, or name another one by folder=")
    console = terminal.console() if console is None else console
    chosen.data(rehearsal)
    form = Form(quick=quick, rehearsal=rehearsal)
    command = f"spikewright neurobench submit {task}{form.options}"
    with storage_errors(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        with temporary(place, folder=True) as work:  # a folder of that name is whole
            reports = _trials(chosen, form, work, build, console)
            figures = tuple(
                _mean(each) for each in zip(*map(chosen.results, reports), strict=True)
            )
            record = _record(chosen, reports[0], figures, form, submitter, command)
            write_report(record, work)
            page = report_page(chosen, record, form=form, command=command)
            write_text(work / "report.md", page)
            _write_manifest(chosen, figures, form, command, work)
            work.rename(place)  # an empty folder is replaced
    console.print(f"{place}: {len(figures)} results, {TRIALS} trials; simulated, nothing measured")
    return place


def _rehearsed(task: Task, *, quick: bool, rehearsal: bool) -> bool:
    """Return whether the trials are on other data: asked for, or as every quick form is."""
    if rehearsal and not task.rehearsal:
        raise ValueError(
            f"rehearsal is True, and {task.name} has none: its data are drawn or computed here; "
            "leave it out"
        )
    return rehearsal or (quick and bool(task.rehearsal))


def _trials(
    task: Task, form: Form, folder: Path, build: str | Path, console: Console
) -> list[Report]:
    """Run the trials, and return the report of each."""
    reports = []
    for number in range(TRIALS):
        trial = folder / "trials" / str(number)
        trial.mkdir(parents=True)
        reports.append(_trial(task, number, form, trial, build))
        said = ", ".join(f"{one.name} {one.value:.6g}" for one in task.results(reports[-1]))
        console.print(f"trial {number}: {said}", markup=False, highlight=False, soft_wrap=True)
    return reports


def repeated(task: Task, *, form: Form, folder: Path, build: str | Path) -> list[dict[str, float]]:
    """Run the trials once more; return the results of each."""
    made = []
    for number in range(TRIALS):
        place = folder / str(number)
        place.mkdir(parents=True)
        report = _trial(task, number, form, place, build)
        made.append({one.name: float(one.value) for one in task.results(report)})
    return made


def _trial(task: Task, number: int, form: Form, folder: Path, build: str | Path) -> Report:
    """Run a trial; its log has what it prints."""
    with storage_errors(folder), (folder / "log.txt").open("w", encoding="utf-8") as log:
        console = terminal.console(file=log)
        console.print(f"trial {number}, begun {_now()}, {processor()}")
        report = task.run(Trial(
            number=number, quick=form.quick, rehearsal=form.rehearsal, folder=folder, build=build,
            console=console,
        ))
        console.print(f"ended {_now()}")
    return report


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())


def _mean(each: Sequence[Figure]) -> Figure:
    """Return the mean of a figure over the trials, which are in its detail."""
    values = [float(one.value) for one in each]
    return replace(each[0], value=mean(values), detail={"trials": values})


def _record(
    task: Task, first: Report, figures: tuple[Figure, ...], form: Form, submitter: Submitter,
    command: str,
) -> Report:
    """Return the record: the means over the trials, and all groups of a system-track record.

    ``first`` is the report of the first trial.
    """
    system: dict[str, Any] = {}
    software = versions()
    if task.system is not None:
        groups = task.system(first)
        system = groups | {
            "track": task.track,
            "identity": groups["identity"] | asdict(submitter) | {
                "date": time.strftime("%Y-%m-%d"), "software": software,
            },
            "boundary": {
                "included": list(task.said.included), "omitted": list(task.said.omitted)
            },
            "replication": {
                "command": command, "training_seeds": [], "placement_seed": None,
                "bitstream_sha256": None, "commit": commit() or None,
                "figure": figures[0].name, "trials": figures[0].detail["trials"],
                "deterministic": True,
            },
        }
    return Report(
        name=f"submission-{task.name}",
        title=f"NeuroBench, {task.track} track: {task.title}",
        summary=" ".join(
            ["Simulated, nothing measured. Means over five trials.", *form.told(task)]
        ),
        figures=figures,
        rows=tuple(
            {"trial": number} | {one.name: one.detail["trials"][number] for one in figures}
            for number in range(TRIALS)
        ),
        made={"command": command, "processor": processor(),
              "organisation": submitter.organisation or "none named",
              **{f"version of {name}": one for name, one in software.items()}},
        system=system,
    )


def _write_manifest(
    task: Task, figures: tuple[Figure, ...], form: Form, command: str, place: Path
) -> None:
    """Write ``submission.json``: the results, and the hash of each other file."""
    files = sorted(path for path in place.rglob("*") if path.is_file())
    write_json(place / "submission.json", {
        "schema": 1, "task": task.name, "track": task.track, "quick": form.quick,
        "rehearsal": form.rehearsal, "simulated": True, "command": command,
        "results": {
            one.name: {"reported": float(one.value), "trials": one.detail["trials"]}
            for one in figures
        },
        "files": {
            path.relative_to(place).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        },
    })
