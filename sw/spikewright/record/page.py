"""The page of a report: one self-contained HTML file.

Style and pictures are inside it, there is no script, and nothing is asked of the network. It
follows the reader's choice of light or dark. What a report says by name stands in the order of the
names, as in its JSON, so that the page can be drawn again from that.
"""

from typing import Any

import jinja2

from .figure import Counted, Estimated, Figure, PostRoute, Provenance, Simulated
from .report import Report

__all__ = ["describe", "format_value", "render"]


def format_value(value: Any) -> str:
    """Write a value for people: integers in full, other numbers to four significant digits."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}".replace(",", "\N{THIN SPACE}") if abs(value) >= 10_000 else str(value)
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e6:
            return f"{value:.0f}"
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(format_value(each) for each in value)
    return str(value)


def describe(provenance: Provenance) -> str:
    """Say in a few words where a number came from."""
    match provenance:
        case Counted(device, virtual):
            return f"on {device}, a {'virtual' if virtual else 'real'} board"
        case Simulated(rtl, simulator):
            return f"{rtl}, {simulator}"
        case PostRoute(tool, seed, corner):
            return f"{tool}, seed {seed}, {corner}"
        case Estimated(model, _):
            return model
    return ", ".join(str(fact) for fact in provenance.as_json().values())


def detail_text(figure: Figure) -> str:
    """Write the detail of a figure in one line; what is nested or long stays in the JSON."""
    parts = []
    for key, value in sorted(figure.detail.items()):
        label = key.replace("_", " ")
        if isinstance(value, list) and all(isinstance(each, int | float) for each in value):
            parts.append(f"{label}: {', '.join(format_value(each) for each in value)}")
        elif not isinstance(value, list | dict):
            parts.append(f"{label}: {format_value(value)}")
    return "; ".join(parts)


def render(report: Report) -> str:
    """Return the page of a report as HTML text; the same report gives the same text."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("spikewright.record", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters["number"] = format_value
    return environment.get_template("page.html").render(
        report=report,
        made=sorted(report.made.items()),
        firm=[figure for figure in report.figures if not figure.estimated],
        estimates=[figure for figure in report.figures if figure.estimated],
        describe=describe,
        detail_text=detail_text,
    )
