"""What is printed of stored reports, where one is, and the name of the report of a task."""

from pathlib import Path

from rich.console import Console

from spikewright_hw.checks import one_of, pathlike

from .. import terminal
from ..errors import ReportError
from ..task.known import TASKS
from ..task.task import Task
from .store import REPORTS, read_report, report_names
from .table import print_table

__all__ = ["report_name", "report_path", "show"]


def report_name(task: str | Task, *, stochastic: bool = False) -> str:
    """Return the name of the report that a run of a task has.

    Parameters
    ----------
    task : str or Task
        The task, or the name of a known one.
    stochastic : bool
        Of a run on the stochastic engine.

    Raises
    ------
    ValueError
        There is no task of that name.
    """
    # PyTorch and Matplotlib, which these load, are not needed to show what is stored.
    from ..task.digest import known_as
    from .run_report import run_name

    if isinstance(task, Task):
        return run_name(known_as(task), stochastic=stochastic)
    name = one_of(TASKS)("task", task)
    return run_name("" if name == TASKS[0] else name, stochastic=stochastic)


def report_path(name: str | Path, directory: str | Path = REPORTS) -> Path:
    """Return where a report is: that of this name in a folder, or the file or folder of this path.

    Parameters
    ----------
    name : str or Path
    directory : str or Path
        The folder of the reports.

    Raises
    ------
    ReportError
        There is neither; the message names the reports that there are.
    """
    folder = pathlike("directory", directory)
    stored = report_names(folder)
    if str(name) in stored:
        return folder / str(name)
    path = pathlike("name", name)
    if path.exists():
        return path
    known = f"there are {', '.join(stored)}" if stored else "there are none yet"
    raise ReportError(f"there is no report {str(name)!r} in {folder}, and no such file; {known}")


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
            f"there is no report {name!r} in {directory}; {known}; `make run` writes "
            "`run`, and `spikewright run` with a task that of the task"
        )
    print_table(read_report(directory / name), console=console)
    page = directory / name / "report.html"
    if page.exists():
        line = f"The page with the pictures is {page}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
