"""Coverage of the tests, a line for each package, on the terminal and as a report."""

import os
from collections import defaultdict
from pathlib import Path
from typing import Any

from coverage import Coverage
from rich.console import Console

from spikewright.record.report import Report
from spikewright.record.store import write_report
from spikewright.record.table import print_table

__all__ = ["rows_of", "tell", "unmeasured"]

HOUSE = Path(__file__).resolve().parent.parent
REPORT = HOUSE / "build" / "reports" / "coverage"


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


def tell(coverage: Coverage, *, tests: str, width: int | None) -> None:
    """Print the coverage, and write it to ``build/reports/coverage``.

    ``tests`` says which tests were run; ``width`` is that of the table, in columns, unless it is
    that of the terminal.
    """
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
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
