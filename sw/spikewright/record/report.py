"""A report: figures with their provenance, and what a page says around them.

``page`` makes HTML of it, ``table`` prints it, ``store`` writes and reads it.
"""

import math
import re
from dataclasses import dataclass, field
from typing import Any

from spikewright_hw.checks import mapping, plain, settle, shown, text

from .figure import Figure

__all__ = ["SCHEMA", "Picture", "Report", "Section"]

#: Version of the form of ``report.json``, which ``report.schema.json`` describes. What is of
#: version 1 has no ``system``.
SCHEMA = 2


@dataclass(frozen=True)
class Picture:
    """A picture of a page.

    Parameters
    ----------
    name : str
        Name of its file beside the page.
    svg : str
        An ``<svg>`` element as :mod:`spikewright.record.plots` gives it.
    caption : str
        One or two sentences: what is seen, and what to see in it.
    wide : bool
        Whether it takes the whole width of the page.
    """

    name: str
    svg: str
    caption: str
    wide: bool = False


@dataclass(frozen=True)
class Section:
    """A section of a page: a heading, paragraphs of plain text, pictures."""

    title: str
    text: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()


def _said(name: str, value: Any) -> Any:
    """Take what JSON can say; a number or array of numpy or torch becomes plain."""
    value = plain(value)
    if isinstance(value, dict):
        return {
            text(f"a key of {name}", key): _said(f"{name}[{key!r}]", one)
            for key, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [_said(f"{name}[{index}]", one) for index, one in enumerate(value)]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return text(name, value)
    if isinstance(value, int | float) and math.isfinite(value):
        return value
    raise ValueError(f"{name} is {shown(value)}; a report holds texts and finite numbers")


def _rows(name: str, rows: Any) -> tuple[dict[str, Any], ...]:
    if not isinstance(rows, list | tuple) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"{name} is {shown(rows)}; it must be a list of dicts")
    return tuple(_said(f"{name}[{index}]", row) for index, row in enumerate(rows))


def _made(name: str, made: Any) -> dict[str, str]:
    return {key: text(f"{name}[{key!r}]", one) for key, one in mapping(name, made).items()}


def _system(name: str, system: Any) -> dict[str, Any]:
    return _said(name, mapping(name, system))


@dataclass(frozen=True)
class Report:
    """What a job found out.

    Parameters
    ----------
    name : str
        Name of its folder: lower-case words joined by ``-`` or ``_``.
    title : str
        Heading of the page.
    summary : str
        What it is about, in one line; may be empty.
    figures : tuple of Figure
        Each name once.
    rows : tuple of dict
        A table where single figures do not do, such as one row per core: texts, finite numbers,
        True, False, None, and lists and dicts of these. All rows have the same keys.
    made : dict of str to str
        How it was made: versions, seeds, hashes, the command to repeat it.
    system : dict of str
        What a system-track record of NeuroBench has beside figures, of a run on a board: identity,
        boundary, power method, phases, replication. Empty for other reports.
    sections : tuple of Section
        Text and pictures of the page; not in the JSON.

    Raises
    ------
    ValueError
        The name is none, a figure occurs twice, rows have different keys, or something is not a
        value that JSON can say.
    """

    name: str
    title: str
    summary: str = ""
    figures: tuple[Figure, ...] = ()
    rows: tuple[dict[str, Any], ...] = field(default=(), hash=False)
    made: dict[str, str] = field(default_factory=dict, hash=False)
    system: dict[str, Any] = field(default_factory=dict, hash=False)
    sections: tuple[Section, ...] = field(default=(), hash=False)

    def __post_init__(self):
        settle(self, name=text, title=text, summary=text, made=_made, rows=_rows, system=_system)
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", self.name):
            raise ValueError(f"a report's name is like ecp5-run, not {self.name!r}")
        seen = set()
        for figure in self.figures:
            if figure.name in seen:
                raise ValueError(f"figure {figure.name} occurs twice in report {self.name}")
            seen.add(figure.name)
        for index, row in enumerate(self.rows):
            if list(row) != list(self.rows[0]):
                raise ValueError(
                    f"row {index} of report {self.name} has the columns {', '.join(row)}; "
                    f"row 0 has {', '.join(self.rows[0])}"
                )

    def __getitem__(self, name: str) -> Figure:
        """Return the figure of that name. Raises :exc:`KeyError` if there is none."""
        for figure in self.figures:
            if figure.name == name:
                return figure
        raise KeyError(name)

    def as_json(self) -> dict[str, Any]:
        """Everything but the sections, as JSON values."""
        system = {"system": self.system} if self.system else {}
        return system | {
            "schema": SCHEMA,
            "name": self.name,
            "title": self.title,
            "summary": self.summary,
            "figures": [figure.as_json() for figure in self.figures],
            "columns": list(self.rows[0]) if self.rows else [],
            "rows": list(self.rows),
            "made": self.made,
        }
