"""Reports side by side: of boards, of networks, of runs before and after a change."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from spikewright_hw.checks import pathlike

from .. import terminal
from ..errors import ReportError
from .figure import Figure
from .page import format_value
from .report import Picture, Report, Section
from .store import REPORTS, read_report, write_report
from .stored import report_path
from .svg import Colour, canvas, element
from .table import print_table

__all__ = ["compare_reports", "comparison"]

#: Most signs of a report's name in a picture.
_SIGNS = 24
#: What is drawn, where every report has it.
_DRAWN = (
    "accuracy_device", "cycles_mean", "latency_us", "fmax_mhz", "lut", "energy_per_inference_uj"
)


def comparison(reports: Mapping[str, Report], *, name: str = "comparison") -> Report:
    """Put reports side by side: a row for each figure, a column for each report.

    Parameters
    ----------
    reports : mapping of str to Report
        By the name of its column.
    name : str
        Of the report that is made.
    """
    figures = dict.fromkeys(figure.name for one in reports.values() for figure in one.figures)
    found = {
        label: {figure.name: figure for figure in one.figures} for label, one in reports.items()
    }
    rows = []
    for figure in figures:
        each = [one[figure] for one in found.values() if figure in one]
        unit = "" if each[0].unit == "1" else each[0].unit
        rows.append({"figure": figure, "unit": unit} | {
            label: _cell(one.get(figure)) for label, one in found.items()
        })
    return Report(
        name=name,
        title="Reports side by side: " + ", ".join(reports),
        summary="Each value with where it came from; ≈ marks an estimate, which is not measured.",
        rows=tuple(rows),
        made={label: one.summary or one.title for label, one in reports.items()},
        sections=_sections(found),
    )


def compare_reports(
    names: Sequence[str | Path], *, directory: str | Path = REPORTS, console: Console | None = None
) -> Report:
    """Put stored reports side by side, print them, and write a page beside them.

    Parameters
    ----------
    names : sequence of str or Path
        Two at least: names of reports in ``directory``, or paths of others.
    directory : str or Path
        The folder of the reports.
    console : rich.console.Console, optional
        Where to.

    Raises
    ------
    ReportError
        There are fewer than two, one is named twice, or one is not there or cannot be read.
    """
    console = terminal.console() if console is None else console
    folder = pathlike("directory", directory)
    if isinstance(names, str | Path) or not isinstance(names, Sequence) or len(names) < 2:
        raise ReportError("a comparison needs two reports, at least; name them one after the other")
    reports: dict[str, Report] = {}
    for each in names:
        label = str(each)
        if label in reports:
            raise ReportError(f"the report {label} is named twice; name each once")
        reports[label] = read_report(report_path(each, folder))
    joined = re.sub(r"[^a-z0-9]+", "-", "-".join(reports).lower()).strip("-")[:80]
    report = comparison(reports, name=f"comparison-{joined}".rstrip("-"))
    print_table(report, console=console)
    path = write_report(report, folder / report.name)
    line = f"The page with the pictures is {path.with_name('report.html')}"
    console.print(line, markup=False, highlight=False, soft_wrap=True)
    return report


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return "–"
    mark = "≈ " if figure.estimated else ""
    return f"{mark}{format_value(figure.value)} ({figure.provenance.kind})"


def _sections(found: Mapping[str, Mapping[str, Figure]]) -> tuple[Section, ...]:
    drawn = [
        name for name in _DRAWN
        if all(name in one for one in found.values())
        and any(one[name].value for one in found.values())
    ]
    if not drawn:
        return ()
    pictures = tuple(_bars(name, [one[name] for one in found.values()], [*found]) for name in drawn)
    return (Section("Pictures", pictures=pictures),)


def _bars(name: str, figures: Sequence[Figure], labels: Sequence[str]) -> Picture:
    """Draw a figure of each report as a bar with its value at the end."""
    drawing, (axes,) = canvas(4.6, 0.7 + 0.32 * len(figures))
    values = [figure.value for figure in figures]
    colour = Colour.ORANGE if any(figure.estimated for figure in figures) else Colour.BLUE
    axes.barh(range(len(values)), values, color=colour, alpha=0.75)
    for place, figure in enumerate(figures):
        axes.annotate(
            ("≈ " if figure.estimated else "") + format_value(figure.value),
            (figure.value, place), xytext=(4, 0), textcoords="offset points", va="center",
        )
    axes.set_yticks(range(len(values)), [label[-_SIGNS:] for label in labels])
    axes.invert_yaxis()
    axes.margins(x=0.18)
    unit = "" if figures[0].unit == "1" else f" ({figures[0].unit})"
    axes.set_xlabel(name + unit)
    said = "; ".join(
        f"{label} {format_value(value)}" for label, value in zip(labels, values, strict=True)
    )
    return Picture(
        name, element(drawing, name=name, description=f"{name}: {said}"),
        f"{name}{unit}" + (", estimated, not measured" if colour is Colour.ORANGE else "") + ".",
    )
