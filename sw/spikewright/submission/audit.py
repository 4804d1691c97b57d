"""``spikewright neurobench check``: a reader of submissions that shares no code with their writer.

It holds ``submission.json`` to its schema, each file to its hash, the record and the reports of the
trials to theirs, title, summary and results to what the trials' rows give once more, and the claim
to its trials. A page is drawn once more, by what draws all pages, and compared. What it knows of a
benchmark stands in ``audits``.
"""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import jsonschema
from rich.console import Console

from spikewright_hw.checks import flag, pathlike

from .. import terminal
from ..errors import ReportError
from ..json_text import read_json, shortened
from ..record.check import report_faults
from ..record.check import schema as report_schema
from ..record.page import render
from ..record.store import read_report
from .audits.known import AUDITS
from .audits.task_audit import LogError, TaskAudit
from .submit import repeated
from .task import Form
from .tasks.known import task_named

__all__ = ["REHEARSAL", "check_submission", "submission_faults"]

_TRIALS, _DEVIATION = 5, 0.05
#: What is said of a submission that is whole, but of a part of the workloads.
QUICK = "it is the quick form, a part of the workloads, and no submission"
#: What is said of one that is on other data than the benchmark's.
REHEARSAL = "it is a rehearsal, on {}, and no submission: the benchmark's own data are missing"
#: How what is said of a form ends: nothing by which trials could not be run once more.
_FORMS = tuple(one.rpartition("}")[2] for one in (QUICK, REHEARSAL))
#: Headings of ``report.md``, by the rules.
_HEADINGS = (
    "System architecture", "Algorithm", "Workflow", "Measurement", "Boundary", "Results",
    "Repetition",
)


def check_submission(
    folder: str | Path, *, repeat: bool = False, build: str | Path = "build",
    console: Console | None = None,
) -> None:
    """Print what is wrong with a submission; with ``repeat``, run its trials and compare.

    Parameters
    ----------
    folder : str or Path
    repeat : bool
        Whether the five trials are run once more, and their means compared with what is claimed.
    build : str or Path
        Folder of what is generated.
    console : rich.console.Console, optional

    Raises
    ------
    ReportError
        Something is wrong, or there is no submission.
    """
    folder, repeat = pathlike("folder", folder), flag("repeat", repeat)
    console = terminal.console() if console is None else console
    faults = submission_faults(folder)
    if repeat and not [one for one in faults if not one.endswith(_FORMS)]:
        faults += _repeated(folder, build, console)
    for line in faults or ["nothing is wrong"]:
        console.print(f"{folder}: {line}", markup=False, highlight=False, soft_wrap=True)
    if faults:
        raise ReportError(f"{folder} is no sound submission; what is wrong stands above")


def submission_faults(folder: str | Path) -> list[str]:
    """Return what is wrong with a submission, or missing, a sentence each.

    Parameters
    ----------
    folder : str or Path

    Raises
    ------
    ReportError
        There is no ``submission.json``, or it is no JSON.
    """
    folder = pathlike("folder", folder)
    data = _json(folder / "submission.json")
    checker = jsonschema.Draft202012Validator(_schema())
    if shape := [
        f"submission.json: {error.json_path.removeprefix('$.')}: {shortened(error.message)}"
        for error in sorted(checker.iter_errors(data), key=lambda one: one.json_path)
    ]:
        return shape
    audit = AUDITS[data["task"]]
    faults = list(_files(folder, data["files"])) + list(_claims(data, audit))
    if not faults:  # a file that is another one, or missing, says nothing
        faults += [f"report.json: {line}" for line in report_faults(folder)]
        faults += _page(folder / "report.md", data)
        record = _json(folder / "report.json")
        if jsonschema.Draft202012Validator(report_schema()).is_valid(record):
            faults += list(_headline(record, data, audit)) + list(_record(record, data))
        for number in range(_TRIALS):
            faults += _trial(folder / "trials" / str(number), number, data, audit)
    if not faults:  # nor is the page of a report that is wrong looked at
        faults += _pages(folder)
    told = [REHEARSAL.format(audit.rehearsal)] * data["rehearsal"] + [QUICK] * data["quick"]
    return faults + told


def _schema() -> dict[str, Any]:
    """Return the schema of the list, with the names of the benchmarks."""
    path = Path(__file__).with_name("submission.schema.json")
    made = json.loads(path.read_text(encoding="utf-8"))
    made["properties"]["task"] = {"enum": [*AUDITS]}
    return made


def _files(folder: Path, hashes: dict[str, str]) -> Iterator[str]:
    """Hold each file to its hash, and name those that are missing or not listed."""
    needed = ["report.json", "report.md"]
    needed += [f"trials/{n}/{one}" for n in range(_TRIALS) for one in ("report.json", "log.txt")]
    for name in needed:
        if name not in hashes:
            yield f"submission.json does not list {name}"
    for name, known in hashes.items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            yield f"{name} lies outside of the submission"
        elif not path.is_file():
            yield f"{name} is missing"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != known:
            yield f"{name} is another file than the one that was submitted: its hash differs"
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    for name in sorted(there - hashes.keys() - {"submission.json"}):
        yield f"{name} is there, and submission.json does not list it"


def _claims(data: dict[str, Any], audit: TaskAudit) -> Iterator[str]:
    """Hold each claim to its trials."""
    if data["track"] != audit.track:
        yield f"track is {data['track']}; {audit.name} is of the {audit.track} track"
    quick, rehearsal = data["quick"], data["rehearsal"]
    if rehearsal and not audit.rehearsal:
        yield f"rehearsal is true; {audit.name} has none"
    if quick and audit.rehearsal and not rehearsal:
        yield f"rehearsal is false; the quick form of {audit.name} is one"
    expected = f"spikewright neurobench submit {data['task']}"
    expected += " --quick" if quick else " --rehearsal" * rehearsal
    if (command := data["command"]) != expected:
        told = shortened(repr(command))
        yield f"command is {told}; that of such a submission is {expected!r}"
    for name, result in data["results"].items():
        trials, reported = result["trials"], result["reported"]
        if len(trials) < _TRIALS:
            yield f"{name} has {len(trials)} trials of {_TRIALS}: an incomplete measurement"
        elif _apart(fmean(trials), reported) > _DEVIATION:
            yield (
                f"{name} is {reported:g}, more than 5 % from the mean of its trials, "
                f"{fmean(trials):g}"
            )


def _apart(value: float, reported: float) -> float:
    """Return how far a value is from what is reported, as a share of that."""
    if value == reported:
        return 0.0
    return abs(value - reported) / abs(reported) if reported else float("inf")


def _page(file: Path, data: dict[str, Any]) -> Iterator[str]:
    """Hold the page to its sections, and its table to the claims."""
    text = file.read_text(encoding="utf-8", errors="replace")
    for heading in _HEADINGS:
        if f"\n## {heading}\n" not in text:
            yield f"report.md has no section {heading}"
    if data["simulated"] and "Simulated, nothing measured" not in text:
        yield "report.md does not say that its values are simulated"
    shown = {
        cells[1].strip("`"): [cells[2], *cells[4].split()]
        for line in text.splitlines() if len(cells := [one.strip() for one in line.split("|")]) == 8
    }
    for name, result in data["results"].items():
        wanted = [f"{one:.6g}" for one in (result["reported"], *result["trials"])]
        if shown.get(name) != wanted:
            yield f"report.md shows {name} other than submission.json claims it, or not at all"


def _headline(record: dict[str, Any], data: dict[str, Any], audit: TaskAudit) -> Iterator[str]:
    """Hold title, summary and rows of the record to what they must be."""
    summary = "Simulated, nothing measured. Means over five trials."
    if data["rehearsal"]:
        summary += f" A rehearsal, on {audit.rehearsal}: not on the benchmark's data."
    if data["quick"]:
        summary += f" The quick form, no submission: {audit.quick}."
    told = {"title": f"NeuroBench, {audit.track} track: {audit.title}", "summary": summary}
    yield from _said("report.json", record, told)
    rows = [
        {"trial": number} | {
            name: one["trials"][number] for name, one in data["results"].items()
        }
        for number in range(_TRIALS)
    ]
    if record["rows"] != rows:
        yield "report.json has other rows than the trials that submission.json has"


def _said(where: str, report: dict[str, Any], told: dict[str, str]) -> Iterator[str]:
    """Compare what a report says in words with what follows from its numbers."""
    for what, wanted in told.items():
        if (there := report.get(what, "")) != wanted:
            yield (
                f"{where}: {what} is {shortened(there, most=300)!r}, and must be "
                f"{shortened(wanted, most=300)!r}"
            )


def _pages(folder: Path) -> Iterator[str]:
    """Hold each page beside a report to the report."""
    for place in (folder, *(folder / "trials" / str(number) for number in range(_TRIALS))):
        page = place / "report.html"
        if page.is_file() and page.read_bytes() != render(read_report(place)).encode():
            yield (
                f"{page.relative_to(folder)} is another page than the report.json beside it gives: "
                "it was altered, or drawn by another version of this program"
            )


def _record(record: dict[str, Any], data: dict[str, Any]) -> Iterator[str]:
    """Hold the figures of the record to what is claimed, and to how they came about."""
    figures = {one["name"]: one for one in record["figures"]}
    for name, result in data["results"].items():
        if name not in figures:
            yield f"report.json has no figure {name}, which submission.json claims"
        elif figures[name]["value"] != result["reported"]:
            yield (
                f"{name} is {figures[name]['value']:g} in report.json and {result['reported']:g} "
                "in submission.json"
            )
        elif figures[name]["detail"].get("trials") != result["trials"]:
            yield f"the trials of {name} are others in report.json than in submission.json"
    for name, figure in figures.items():
        if name not in data["results"]:
            yield f"submission.json has no trials of {name}, a figure of report.json"
        if data["simulated"] and figure["provenance"] in ("measured", "counted"):
            yield f"{name} is said to be {figure['provenance']}, and the submission simulated"
    if data["track"] == "system" and "system" not in record:
        yield "report.json has no group system, which the system track asks for"


def _trial(folder: Path, number: int, data: dict[str, Any], audit: TaskAudit) -> Iterator[str]:
    """Hold a trial to its own schema and rows, and the results to it."""
    where = f"trials/{number}"
    if broken := report_faults(folder):
        yield from (f"{where}/report.json: {line}" for line in broken)
        return
    report = _json(folder / "report.json")
    try:
        yield from (f"{where}: {line}" for line in audit.impossible(report, folder))
        if not data["quick"]:
            lacking = audit.missing(report, data["rehearsal"])
            yield from (f"{where}: {line}" for line in lacking)
        again = audit.recounted(report)
        title, summary = audit.headline(report)
    except LogError as error:
        yield f"{where}/{error}"
        return
    except (KeyError, TypeError, ValueError, IndexError, OSError) as error:
        told = shortened(repr(error))
        yield f"{where}/report.json has other rows than a trial of {audit.name}: {told}"
        return
    yield from _said(f"{where}/report.json", report, {"title": title, "summary": summary})
    yield from _log(folder / "log.txt", number, summary)
    stated = {one["name"]: one["value"] for one in report["figures"]}
    for name, value in again.items():
        if name in stated and _apart(value, stated[name]) > 1e-9:
            yield f"{where}: {name} is {value:.9g} by its rows, and its report says {stated[name]}"
    figures = stated | again
    for name, result in data["results"].items():
        claimed = result["trials"][number]
        if name not in figures:
            yield f"{where} says nothing of {name}"
        elif _apart(figures[name], claimed) > 1e-9:
            yield f"{where}: {name} is {figures[name]:.9g}, and {claimed:.9g} is claimed"


def _log(file: Path, number: int, summary: str) -> Iterator[str]:
    """Hold the log of a trial to the trial: whose it is, and what it ends with."""
    text = " ".join(file.read_text(encoding="utf-8", errors="replace").split())
    if not text.startswith(f"trial {number}, begun "):
        yield f"trials/{number}/log.txt is not of trial {number}"
    if summary not in text:
        yield f"trials/{number}/log.txt does not have the summary of its report"


def _repeated(folder: Path, build: str | Path, console: Console) -> Iterator[str]:
    """Run the trials once more, print what comes of them, and say where the means differ."""
    data = _json(folder / "submission.json")
    with tempfile.TemporaryDirectory() as place:
        form = Form(quick=data["quick"], rehearsal=data["rehearsal"])
        again = repeated(task_named(data["task"]), form=form, folder=Path(place), build=build)
    for name, result in data["results"].items():
        values = [one[name] for one in again if name in one]
        if not values:
            yield f"{name}: no repeated trial has it"
            continue
        apart = _apart(fmean(values), result["reported"])
        console.print(
            f"{name}: {fmean(values):.6g} repeated, {result['reported']:.6g} claimed, "
            f"{100 * apart:.2f} % apart", markup=False, highlight=False, soft_wrap=True,
        )
        if apart > _DEVIATION:
            yield f"{name}: repeated it is {fmean(values):g}, more than 5 % from the claim"


def _json(file: Path) -> Any:
    try:
        return read_json(file)
    except FileNotFoundError:
        raise ReportError(f"{file} is missing; name the folder of a submission") from None
    except OSError as error:
        raise ReportError(f"{file} cannot be read: {error.strerror}; submit again") from None
    except ValueError as error:
        raise ReportError(f"{file} is no JSON: {error}; submit again") from None
