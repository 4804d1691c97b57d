"""Coverage of the tests, a line for each package, on the terminal and as a report."""

import json
import os
import shutil
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from coverage import Coverage
from rich.console import Console

from spikewright.record.report import Report
from spikewright.record.store import write_report
from spikewright.record.table import print_table

from .measured.sitecustomize import FOLDER, environment

__all__ = ["add", "measure", "rows_of", "tell", "unmeasured"]

HOUSE = Path(__file__).resolve().parent.parent
REPORT = HOUSE / "build" / "reports" / "coverage"
PLACE = HOUSE / "build" / "coverage"
LINES = PLACE / "lines"
SOURCES = ("hw", "sw")


def measure() -> None:
    """Have the programs that are started from now on note the lines that they run."""
    shutil.rmtree(PLACE, ignore_errors=True)
    LINES.mkdir(parents=True)
    os.environ.update(environment(LINES))


def add(notes: Iterable[Path], coverage: Coverage, *, root: Path = HOUSE) -> None:
    """Add what programs noted; of a source that none of them imported, no line was run.

    What Python runs as ``__main__`` it does not import: the files of that name are left out.
    """
    data = coverage.get_data()
    for note in notes:
        lines = json.loads(note.read_text())
        data.add_lines({str(root / name): run for name, run in lines.items()})
    for source in SOURCES:
        for file in (root / source).rglob("*.py"):
            if file.name != "__main__.py":
                data.touch_file(str(file))


def rows_of(coverage: Coverage, *, root: Path = HOUSE) -> list[dict[str, Any]]:
    """Return a row for each package that was measured, and one for all.

    The lines are those that can be run. A package is named by its folder below ``root``, and its
    row is of the modules in that folder alone.
    """
    lines: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name in coverage.get_data().measured_files():
        path = Path(name)
        _, statements, _, missing, _ = coverage.analysis2(name)
        for package in (path.parent.relative_to(root).as_posix(), "all"):
            lines[package][0] += len(statements)
            lines[package][1] += len(statements) - len(missing)
    ordered = sorted(lines, key=lambda package: (package == "all", package))
    return [
        {
            "package": package,
            "lines": lines[package][0],
            "run": lines[package][1],
            "percent": round(100 * lines[package][1] / max(lines[package][0], 1), 1),
        }
        for package in ordered
    ]


def tell(*, tests: str, width: int | None) -> None:
    """Print the coverage, write it to ``build/reports/coverage``, and keep it for ``coverage``.

    ``tests`` says which tests were run; ``width`` is that of the table, in columns, unless it is
    that of the terminal.
    """
    coverage = Coverage(config_file=str(HOUSE / "pyproject.toml"))
    add(LINES.glob("*.json"), coverage)
    coverage.save()
    report = Report(
        "coverage",
        "Coverage",
        summary=f"Lines that the tests run, those of programs that they start included; {tests}.",
        rows=tuple(rows_of(coverage)),
    )
    print_table(report, console=Console(width=width))
    write_report(report, REPORT)


def unmeasured() -> dict[str, str]:
    """Return the environment of a program that may write no file of its coverage."""
    return {name: value for name, value in os.environ.items() if name != FOLDER}
