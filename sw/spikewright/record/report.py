"""A report: figures with their provenance, and what a page says around them.

``page`` makes HTML of it, ``table`` prints it, ``store`` writes and reads it.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from .figure import Figure

__all__ = ["SCHEMA", "Picture", "Report", "Section"]

#: Version of the form of ``report.json``.
SCHEMA = 1


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
        A table of plain values where single figures do not do, such as one row per core. All rows
        have the same keys.
    made : dict of str to str
        How it was made: versions, seeds, hashes, the command to repeat it.
    sections : tuple of Section
        Text and pictures of the page; not in the JSON.

    Raises
    ------
    ValueError
        The name is none, a figure occurs twice, or rows have different keys.
    """

    name: str
    title: str
    summary: str = ""
    figures: tuple[Figure, ...] = ()
    rows: tuple[dict[str, Any], ...] = field(default=(), hash=False)
    made: dict[str, str] = field(default_factory=dict, hash=False)
    sections: tuple[Section, ...] = field(default=(), hash=False)

    def __post_init__(self):
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
        return {
            "schema": SCHEMA,
            "name": self.name,
            "title": self.title,
            "summary": self.summary,
            "figures": [figure.as_json() for figure in self.figures],
            "columns": list(self.rows[0]) if self.rows else [],
            "rows": list(self.rows),
            "made": self.made,
        }
