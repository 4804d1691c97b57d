"""Markdown for the docs."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

__all__ = ["Presets", "presets_line", "table", "wrapped"]

#: Parameter sets of a core by name.
Presets = Mapping[str, Mapping[str, Any]]


def table(headings: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Return the lines of a table in Markdown."""
    headings = list(headings)
    yield f"| {' | '.join(headings)} |"
    yield f"|{'---|' * len(headings)}"
    for row in rows:
        yield f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in row)} |"


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
    return f"({', '.join(map(str, value))})" if isinstance(value, tuple) else str(value)
