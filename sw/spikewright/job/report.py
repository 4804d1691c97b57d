"""``spikewright report``: print a stored report, or list those there are."""

from pathlib import Path

from rich.console import Console

from .. import terminal
from ..errors import ReportError
from ..record.store import REPORTS, read_report, report_names
from ..record.table import print_table

__all__ = ["show"]


def show(
    name: str | None = None, *, directory: Path = REPORTS, console: Console | None = None
) -> None:
    """Print the report of that name; without a name, print which there are.

    Parameters
    ----------
    name : str, optional
        Name of a report, that of its folder.
    directory : Path
        Folder of the reports; ``build/reports`` in the current folder unless given.

    Raises
    ------
    ReportError
        There is no report of that name, or it cannot be read; the message names those there are.
    """
    console = terminal.console() if console is None else console
    stored = report_names(directory)
    if name is None:
        if not stored:
            raise ReportError(f"there are no reports in {directory} yet; `make run` writes one")
        for each in stored:
            try:
                summary = read_report(directory / each).summary
            except ReportError as error:
                summary = str(error)
            line = f"{each}: {summary}" if summary else each
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        return
    if name not in stored:
        known = f"there are {', '.join(stored)}" if stored else "there are none yet"
        raise ReportError(
            f"there is no report {name!r} in {directory}; {known}; `make run` writes `run`"
        )
    print_table(read_report(directory / name), console=console)
    page = directory / name / "report.html"
    if page.exists():
        line = f"The page with the pictures is {page}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
