"""Markdown for the docs: tables, paragraphs, and the blocks of a page that are generated."""

import re
import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import DataError
from .figure import Figure

__all__ = [
    "Presets", "counted", "figure_table", "filled", "presets_line", "short", "table",
    "wrapped",
]

#: Parameter sets of a core by name.
Presets = Mapping[str, Mapping[str, Any]]

_BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(headings: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Return the lines of a table in Markdown."""
    headings = list(headings)
    yield f"| {' | '.join(headings)} |"
    yield f"|{'---|' * len(headings)}"
    for row in rows:
        yield f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in row)} |"


def short(value: float) -> str:
    """Return a number in four digits, large ones as whole numbers."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def counted(number: int, unit: str) -> str:
    """Return so many of a unit in words: ``1 seed``, ``5 seeds``."""
    return f"{number} {unit}{'' if number == 1 else 's'}"


def figure_table(figures: Iterable[Figure]) -> Iterator[str]:
    """Return the lines of a table of figures, with what each comes from."""
    return table(("figure", "value", "unit", "origin"), (
        (f"`{one.name}`", short(one.value), one.unit, one.provenance.kind) for one in figures
    ))


def wrapped(text: str) -> str:
    """Return a paragraph in lines of the length that the pages have."""
    return textwrap.fill(text, 100, break_long_words=False, break_on_hyphens=False)


def presets_line(presets: Presets) -> str:
    """Return the presets of a core in one line; a format needs no name of its own."""
    return f"Presets: {'; '.join(_preset(*preset) for preset in presets.items())}."


def _preset(name: str, given: Mapping[str, Any]) -> str:
    words = [str(given["format"])] if "format" in given else []
    words += [f"`{key}` {_value(value)}" for key, value in given.items() if key != "format"]
    return ", ".join([f"`{name}`", *words])


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return f"({', '.join(f'`{name}` {_value(one)}' for name, one in value.items())})"
    return f"({', '.join(map(_value, value))})" if isinstance(value, tuple) else str(value)


def filled(
    text: str,
    blocks: Mapping[str, str | None],
    *,
    page: Path,
    names: Collection[str],
) -> str:
    """Replace the blocks of a page; one that is not given, or None, stays as it is.

    Raises :exc:`DataError` for a block that is none of ``names``, and for one without an end.
    """
    starts, ends = text.count("<!-- generated: "), text.count("<!-- end -->")
    if not starts == ends == len(_BLOCK.findall(text)):
        raise DataError(
            f"{page} has {starts} starts and {ends} ends of generated blocks; each begins with a "
            "line <!-- generated: NAME --> and ends with a line <!-- end -->"
        )

    def block(match: re.Match[str]) -> str:
        start, name, end = match.groups()
        if name not in names:
            raise DataError(f"{page} has a block {name}; there are {', '.join(names)}")
        new = blocks.get(name)
        return match[0] if new is None else f"{start}\n{new}\n\n{end}"

    return _BLOCK.sub(block, text)
