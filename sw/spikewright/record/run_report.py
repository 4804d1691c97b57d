"""The report of a run: its figures, and the page around them."""

import re

from . import run_figures, run_page
from .figure import Figure
from .report import Report
from .run_record import RunRecord
from .system_record import Submitter, system_record

__all__ = ["report", "run_name"]


def report(record: RunRecord, submitter: Submitter | None = None) -> Report:
    """Make the report of a run: its figures, and the page around them."""
    figures = run_figures.figures(record)
    return Report(
        name=run_name(record.task, stochastic=record.stream_length is not None),
        title=_title(record, figures),
        summary=run_page.summary(record),
        figures=figures,
        made=run_page.made(record),
        system=system_record(
            record, submitter or Submitter(),
            estimated=any(figure.estimated for figure in figures),
        ),
        sections=run_page.sections(record),
    )


def _title(record: RunRecord, figures: tuple[Figure, ...]) -> str:
    """Name the task, the board and the result."""
    score = next(one for one in figures if one.name in ("accuracy_device", "error_device"))
    result = (
        f"an error of {score.value:.4g}" if record.of_values else f"{score.value:.4g} % right"
    )
    kind = "a virtual" if record.board.virtual else "a real"
    return f"{record.task or 'digits'}: {result}, on {kind} {record.board.name}"


def run_name(task: str, *, stochastic: bool) -> str:
    """Return the name of a run's report, which is that of its folder: each task has its own.

    ``task`` is empty for the digits, ``stochastic`` of a run on that engine.
    """
    name = "run_stochastic" if stochastic else "run"
    if not task:
        return name
    kept = re.sub(r"[^A-Za-z0-9_.-]+", "_", task).strip("_.-")[:80]
    return f"{name}-{kept or 'task'}"
