"""The report of a run: its figures, and the page around them."""

import re

from . import run_figures, run_page
from .report import Report
from .run_record import RunRecord

__all__ = ["report"]


def report(record: RunRecord) -> Report:
    """Make the report of a run: its figures, and the page around them."""
    return Report(
        name=_name(record),
        title="A spiking network on an FPGA",
        summary=run_page.summary(record),
        figures=run_figures.figures(record),
        made=run_page.made(record),
        sections=run_page.sections(record),
    )


def _name(record: RunRecord) -> str:
    """Return the name of a run's report, which is that of its folder: each task has its own."""
    name = "run" if record.stream_length is None else "run_stochastic"
    if not record.task:
        return name
    task = re.sub(r"[^A-Za-z0-9_.-]+", "_", record.task).strip("_.-")[:80]
    return f"{name}-{task or 'task'}"
