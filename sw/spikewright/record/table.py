"""A report as a table on the terminal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .. import terminal
from .figure import Figure
from .page import format_value
from .report import Report

__all__ = ["print_table"]


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
    console = terminal.console() if console is None else console
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
