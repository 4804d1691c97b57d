"""The report of a run: its figures, and the page around them."""

import re

from . import run_figures, run_page
from .report import Report
from .run_record import RunRecord

__all__ = ["report", "run_name"]


def report(record: RunRecord) -> Report:
    """Make the report of a run: its figures, and the page around them."""
    return Report(
        name=run_name(record.task, stochastic=record.stream_length is not None),
        title="A spiking network on an FPGA",
        summary=run_page.summary(record),
        figures=run_figures.figures(record),
        made=run_page.made(record),
        sections=run_page.sections(record),
    )


def run_name(task: str, *, stochastic: bool) -> str:
    """Return the name of a run's report, which is that of its folder: each task has its own.

    ``task`` is empty for the digits, ``stochastic`` of a run on that engine.
    """
    name = "run_stochastic" if stochastic else "run"
    if not task:
        return name
    kept = re.sub(r"[^A-Za-z0-9_.-]+", "_", task).strip("_.-")[:80]
    return f"{name}-{kept or 'task'}"
