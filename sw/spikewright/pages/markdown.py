"""Markdown for the docs."""

import textwrap
from collections.abc import Iterable, Iterator

__all__ = ["table", "wrapped"]


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
