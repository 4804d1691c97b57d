"""A report: figures with their provenance, as JSON, as a page and as a table.

``report.json`` is for programs and is stable: the same report gives the same bytes. ``report.html``
beside it is for people and asks nothing of the network. The two stand in
``build/reports/<name>/``.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..errors import ReportError
from ..files import write_text
from .figure import Figure
from .page import Section, format_value, render

__all__ = ["REPORTS", "SCHEMA", "Report", "names", "print_table", "read", "write"]

#: Where reports are kept, in the current folder.
REPORTS = Path("build") / "reports"

#: Version of the form of ``report.json``.
SCHEMA = 1


@dataclass(frozen=True)
class Report:
    """What a job found out.

    Parameters
    ----------
    name : str
        Name of its folder: lower-case words joined by ``-`` or ``_``.
    title : str
        Heading of the page.
    summary : str
        What it is about, in one line; may be empty.
    figures : tuple of Figure
        Each name once.
    rows : tuple of dict
        A table of plain values where single figures do not do, such as one row per core. All rows
        have the same keys.
    made : dict of str to str
        How it was made: versions, seeds, hashes, the command to repeat it.
    sections : tuple of Section
        Text and pictures of the page; not in the JSON.

    Raises :exc:`ValueError` for a name that is no name, a figure that occurs twice, or rows of
    different keys.
    """

    name: str
    title: str
    summary: str = ""
    figures: tuple[Figure, ...] = ()
    rows: tuple[dict[str, Any], ...] = field(default=(), hash=False)
    made: dict[str, str] = field(default_factory=dict, hash=False)
    sections: tuple[Section, ...] = field(default=(), hash=False)

    def __post_init__(self):
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", self.name):
            raise ValueError(f"a report's name is like ecp5-run, not {self.name!r}")
        seen = set()
        for figure in self.figures:
            if figure.name in seen:
                raise ValueError(f"figure {figure.name} occurs twice in report {self.name}")
            seen.add(figure.name)
        for index, row in enumerate(self.rows):
            if list(row) != list(self.rows[0]):
                raise ValueError(
                    f"row {index} of report {self.name} has the columns {', '.join(row)}; "
                    f"row 0 has {', '.join(self.rows[0])}"
                )

    def __getitem__(self, name: str) -> Figure:
        """Give the figure of that name. Raises :exc:`KeyError` if there is none."""
        for figure in self.figures:
            if figure.name == name:
                return figure
        raise KeyError(name)

    def as_json(self) -> dict[str, Any]:
        """Everything but the sections, as JSON values."""
        return {
            "schema": SCHEMA,
            "name": self.name,
            "title": self.title,
            "summary": self.summary,
            "figures": [figure.as_json() for figure in self.figures],
            "columns": list(self.rows[0]) if self.rows else [],
            "rows": list(self.rows),
            "made": self.made,
        }


def write(report: Report, directory: Path | None = None) -> Path:
    """Write ``report.json`` and ``report.html``; give the path of the former.

    Parameters
    ----------
    directory : Path
        Where to; ``build/reports/<name>`` in the current folder unless given.

    Raises
    ------
    StorageError
        A file cannot be written.
    ValueError
        A value is not a number or infinite, which JSON cannot say.
    """
    folder = REPORTS / report.name if directory is None else directory
    text = json.dumps(
        report.as_json(), indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False
    )
    page = render(report)
    path = folder / "report.json"
    write_text(folder / "report.html", page)
    write_text(path, text + "\n")
    return path


def names(directory: Path = REPORTS) -> list[str]:
    """Names of the reports stored in a folder, in order."""
    return sorted(path.parent.name for path in directory.glob("*/report.json"))


def read(path: Path) -> Report:
    """Read a stored report, given its folder or its ``report.json``; it has no sections.

    Raises
    ------
    ReportError
        There is none, it cannot be read, or it is not a report of this version.
    """
    file = path if path.suffix == ".json" else path / "report.json"
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ReportError(
            f"there is no report at {file}; the job that writes it has not run"
        ) from None
    except (OSError, ValueError) as error:
        raise ReportError(f"the report {file} cannot be read: {error}; write it again") from None
    try:
        schema = data["schema"]
        if schema != SCHEMA:
            raise ReportError(
                f"the report {file} has schema version {schema}; this program reads version "
                f"{SCHEMA}; write it again, or use the program that wrote it"
            )
        columns = data["columns"]
        return Report(
            name=data["name"],
            title=data["title"],
            summary=data["summary"],
            figures=tuple(Figure.from_json(each) for each in data["figures"]),
            rows=tuple({column: row[column] for column in columns} for row in data["rows"]),
            made=data["made"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ReportError(f"the report {file} is malformed: {error}; write it again") from None


def _figure_table(title: str, figures: list[Figure], mark: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("unit")
    table.add_column("provenance")
    for figure in figures:
        unit = "" if figure.unit == "1" else figure.unit
        value = mark + format_value(figure.value)
        table.add_row(figure.name, value, unit, figure.provenance.kind)
    return table


def print_table(report: Report, *, console: Console | None = None) -> None:
    """Print a report to the terminal. Estimates stand in a table of their own."""
    console = Console() if console is None else console
    console.print(Text(report.title, style="bold"))
    if report.summary:
        console.print(report.summary, markup=False)
    firm = [figure for figure in report.figures if not figure.estimated]
    estimates = [figure for figure in report.figures if figure.estimated]
    if firm:
        console.print(_figure_table("Figures", firm, ""))
    if estimates:
        console.print(_figure_table("Estimates (not measured)", estimates, "≈ "))
    if report.rows:
        table = Table()
        for column, value in report.rows[0].items():
            number = isinstance(value, int | float) and not isinstance(value, bool)
            table.add_column(column, justify="right" if number else "left")
        for row in report.rows:
            table.add_row(*(Text(format_value(value)) for value in row.values()))
        console.print(table)
