"""What the bench of stochastic computing found: curves, each a figure and a row of its report."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table

from .figure import Figure, Provenance
from .page import format_value
from .report import Report, Section

__all__ = ["Curve", "chosen", "shown", "stochastic_report", "tables"]


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Something over something else.

    Parameters
    ----------
    part : str
        Which part of the bench it belongs to.
    name : str
        Its figure's name.
    tags : mapping of str to str
        What it is of: task, engine, encoding, source.
    over : str
        What it is drawn over.
    at, values : tuple of numbers
        Points, one or more.
    head : number
        Where on the curve the figure's value is taken: one of ``at``.
    unit : str
    provenance : Provenance
    detail : mapping
        What else belongs to it, as JSON values.
    """

    part: str
    name: str
    tags: Mapping[str, str]
    over: str
    at: tuple[float, ...]
    values: tuple[float, ...]
    head: float
    unit: str
    provenance: Provenance
    detail: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, at: float) -> float:
        """Return the value at a point."""
        return self.values[self.at.index(at)]

    def figure(self) -> Figure:
        """Return it as a figure."""
        detail = {"at": self.head, self.over: list(self.at), "values": list(self.values)}
        return Figure(
            self.name, self[self.head], self.unit, self.provenance, detail | dict(self.detail)
        )

    def row(self) -> dict[str, Any]:
        """Return it as a row; all curves have the same columns."""
        return {
            "part": self.part,
            **{tag: self.tags.get(tag) for tag in ("task", "engine", "encoding", "source")},
            "over": self.over,
            "at": list(self.at),
            "values": list(self.values),
            "unit": self.unit,
        }


def chosen(curves: Iterable[Curve], part: str, **tags: str) -> list[Curve]:
    """Return the curves of a part that have these tags."""
    return [
        curve for curve in curves
        if curve.part == part and all(curve.tags.get(tag) == is_ for tag, is_ in tags.items())
    ]


def stochastic_report(
    curves: Sequence[Curve],
    *,
    extra: Sequence[Figure],
    sections: Sequence[Section],
    made: Mapping[str, str],
) -> Report:
    """Return the report ``stochastic``; ``extra`` are figures that are no curves."""
    return Report(
        name="stochastic",
        title="Stochastic computing: how exact, how fast, how robust",
        summary=(
            "Networks with 8-bit weights on the stochastic engine: accuracy over the length of the "
            "bitstreams, the error of one product, the speed of the bit-exact predictor, flipped "
            "bits, and streams that are stopped early."
        ),
        figures=(*extra, *(curve.figure() for curve in curves)),
        rows=tuple(curve.row() for curve in curves),
        made=dict(made),
        sections=tuple(sections),
    )


def tables(curves: Sequence[Curve]) -> list[Table]:
    """Return a table for each part, and for each task in it."""
    made = []
    for part in dict.fromkeys(curve.part for curve in curves):
        of_part = chosen(curves, part)
        for task in dict.fromkeys(curve.tags.get("task") for curve in of_part):
            made.append(_table(part, [one for one in of_part if one.tags.get("task") == task]))
    return made


def _table(part: str, curves: Sequence[Curve]) -> Table:
    first = curves[0]
    task = first.tags.get("task")
    tags = [
        tag for tag in ("engine", "encoding", "source") if any(tag in one.tags for one in curves)
    ]
    title = f"{part}{f', {task}' if task else ''}: {first.unit} over {first.over}"
    table = Table(title=title, title_justify="left")
    for tag in tags:
        table.add_column(tag)
    same = all(curve.at == first.at for curve in curves)
    for at in first.at if same else range(1, len(first.at) + 1):
        table.add_column(format_value(at), justify="right")
    for curve in curves:
        values = [
            shown(value, curve.unit) + ("" if same else f" @ {format_value(at)}")
            for at, value in zip(curve.at, curve.values, strict=True)
        ]
        table.add_row(*(curve.tags.get(tag, "") for tag in tags), *values)
    return table


def shown(value: float, unit: str) -> str:
    """Write a value for a table."""
    return f"{value:.2f}" if unit == "%" else format_value(value)
