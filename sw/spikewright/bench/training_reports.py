"""The reports of ``spikewright bench training``: one of each table, and one that holds them all.

Each table that is run has a report of its own, ``training_NAME``. After it, the report ``training``
is written anew from all that lie beside it: their rows, with the table that they are of, their
figures with their provenance, and the commands that repeat them.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import ReportError
from ..record.report import Report
from ..record.store import read_report, report_names, write_report

__all__ = ["all_tables", "write_table"]

#: Name of the report of all tables; those of the tables begin with it.
_ALL = "training"
#: What rows of tables have in common, where they have it.
_COMMON = ("accuracy_float", "accuracy_integer", "seconds", "said")


def write_table(report: Report, folder: Path) -> Path:
    """Write the report of a table into the folder of the reports, and that of all tables.

    Return the path of the first.
    """
    path = write_report(report, folder / report.name)
    whole = all_tables(folder)
    write_report(whole, folder / whole.name)
    return path


def all_tables(folder: Path) -> Report:
    """Return one report of all tables whose reports are in a folder; damaged ones are left out."""
    found = []
    for name in report_names(folder):
        if name.startswith(f"{_ALL}_"):
            try:
                found.append(read_report(folder / name))
            except ReportError:
                continue
    names = [report.name.removeprefix(f"{_ALL}_") for report in found]
    return Report(
        name=_ALL,
        title="Training: all tables",
        summary=f"Tables that were run: {', '.join(names)}.",
        figures=tuple(
            replace(figure, name=f"{name}_{figure.name}")
            for name, report in zip(names, found, strict=True) for figure in report.figures
        ),
        rows=tuple(
            {"table": name, "row": _label(row)} | {key: row.get(key) for key in _COMMON}
            for name, report in zip(names, found, strict=True) for row in report.rows
        ),
        made={
            name: report.made["command"]
            for name, report in zip(names, found, strict=True) if "command" in report.made
        },
    )


def _label(row: dict[str, Any]) -> str:
    """Return what a row is called: the texts that it begins with."""
    words = []
    for key, value in row.items():
        if not isinstance(value, str) or key in _COMMON:
            break
        words.append(value)
    return ", ".join(word for word in words if word)
