"""Stored reports: ``report.json`` for programs, ``report.html`` beside it for people.

The JSON is stable: the same report gives the same bytes. The page asks nothing of the network. The
two stand in ``build/reports/<name>/``, and in ``pictures/`` each picture once more, by itself.
"""

import json
import re
import shutil
from pathlib import Path

from spikewright_hw.checks import instance, pathlike

from ..errors import ReportError
from ..files import storage_errors, write_text
from ..json_text import read_json
from .figure import Figure
from .page import render
from .report import SCHEMA, Report
from .svg import standalone

__all__ = ["REPORTS", "keep_another", "read_report", "report_names", "write_report"]

#: Where reports are kept, in the current folder.
REPORTS = Path("build") / "reports"


def write_report(report: Report, directory: str | Path | None = None) -> Path:
    """Write ``report.json``, ``report.html`` and the pictures; return the path of the first.

    Parameters
    ----------
    report : Report
    directory : str or Path, optional
        Where to; ``build/reports/<name>`` in the current folder unless given.

    Raises
    ------
    StorageError
        A file cannot be written.
    """
    instance(Report)("report", report)
    folder = REPORTS / report.name if directory is None else pathlike("directory", directory)
    text = json.dumps(
        report.as_json(), indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False
    )
    page = render(report)
    path = folder / "report.json"
    write_text(folder / "report.html", page)
    for section in report.sections:
        for picture in section.pictures:
            write_text(folder / "pictures" / f"{picture.name}.svg", standalone(picture.svg))
    write_text(path, text + "\n")
    return path


def keep_another(report: Report, folder: Path) -> Path | None:
    """Move the report of another network or board out of the folder of a new one.

    Parameters
    ----------
    report : Report
        The new one, of a run.
    folder : Path
        Where it will be written.

    Returns
    -------
    Path or None
        Where the other one is now: beside it, with the first signs of its network's hash and its
        board in its name. None if there was none.
    """
    try:
        there = read_report(folder)
    except ReportError:  # none, or what nobody can read
        return None
    if _of_what(there) == _of_what(report) or not there.made.get("network"):
        return None
    words = [folder.name, *(part[:24] for part in _of_what(there) if part)]
    words[1] = words[1][:8]
    aside = folder.with_name("-".join(words))
    with storage_errors(aside):
        if aside.exists():  # an earlier run of the same network on the same board
            shutil.rmtree(aside)
        folder.rename(aside)
    return aside


def _of_what(report: Report) -> tuple[str, str]:
    """Return the network and the board that a run is of."""
    board = report.system.get("identity", {}).get("system", "")
    return report.made.get("network", ""), re.sub(r"[^a-z0-9]+", "-", board.lower()).strip("-")


def report_names(directory: str | Path = REPORTS) -> list[str]:
    """Return the names of the reports stored in a folder, in order.

    Parameters
    ----------
    directory : str or Path
        The folder of the reports, each in a folder of its name.
    """
    found = pathlike("directory", directory).glob("*/report.json")
    return sorted(path.parent.name for path in found)


def read_report(path: str | Path) -> Report:
    """Read a stored report; it has no sections.

    Parameters
    ----------
    path : str or Path
        Its folder, or its ``report.json``.

    Raises
    ------
    ReportError
        There is none, it cannot be read, or it is not a report of this version.
    """
    path = pathlike("path", path)
    file = path if path.suffix == ".json" else path / "report.json"
    try:
        data = read_json(file)
    except FileNotFoundError:
        raise ReportError(
            f"there is no report at {file}; the job that writes it has not run"
        ) from None
    except (OSError, ValueError) as error:
        raise ReportError(f"the report {file} cannot be read: {error}; write it again") from None
    if not isinstance(data, dict):
        raise ReportError(f"the report {file} is no JSON object; write it again")
    try:
        schema = data["schema"]
        if schema not in range(1, SCHEMA + 1):
            raise ReportError(
                f"the report {file} has schema version {schema}; this program reads versions 1 "
                f"to {SCHEMA}; write it again, or use the program that wrote it"
            )
        columns = data["columns"]
        return Report(
            name=data["name"],
            title=data["title"],
            summary=data["summary"],
            figures=tuple(Figure.from_json(each) for each in data["figures"]),
            rows=tuple({column: row[column] for column in columns} for row in data["rows"]),
            made=data["made"],
            system=data.get("system", {}),
        )
    except KeyError as error:
        raise ReportError(f"the report {file} has no {error.args[0]}; write it again") from None
    except (TypeError, ValueError) as error:
        raise ReportError(f"the report {file} is malformed: {error}; write it again") from None
