"""The report of a run: its figures, and the page around them."""

from . import run_figures, run_page
from .report import Report
from .run_record import RunRecord

__all__ = ["report"]


def report(record: RunRecord) -> Report:
    """Make the report of a run: its figures, and the page around them."""
    return Report(
        name="run" if record.stream_length is None else "run_stochastic",
        title="A spiking network on an FPGA",
        summary=run_page.summary(record),
        figures=run_figures.figures(record),
        made=run_page.made(record),
        sections=run_page.sections(record),
    )
