"""Docstrings in the form of numpydoc: their prose, and the fields of their sections."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Field", "parsed", "plain"]

#: What stands under the name of a section.
_RULE = re.compile(r"-{3,}")


@dataclass(frozen=True)
class Field:
    """An entry of a section.

    Parameters
    ----------
    head : str
        Its names, or, of an entry without a name, its type.
    kind : str
        What stands after the names and a colon; may be empty.
    lines : sequence of str
        Its description, line by line.
    """

    head: str
    kind: str
    lines: Sequence[str]

    @property
    def names(self) -> tuple[str, ...]:
        """The names that the entry describes."""
        return tuple(self.head.split(", "))

    @property
    def text(self) -> str:
        """The description in one line."""
        return " ".join(" ".join(self.lines).split())


def parsed(docstring: str) -> tuple[str, Mapping[str, tuple[Field, ...]]]:
    """Return the prose of a docstring, and the fields of each section by its name."""
    lines = docstring.splitlines()
    starts = [n - 1 for n, line in enumerate(lines) if n and _RULE.fullmatch(line)]
    prose = lines[: starts[0]] if starts else lines
    sections = {
        lines[start]: _fields(lines[start + 2 : end])
        for start, end in pairwise([*starts, len(lines)])
    }
    return "\n".join(prose).rstrip(), sections


def _fields(lines: Sequence[str]) -> tuple[Field, ...]:
    heads = [n for n, line in enumerate(lines) if line and not line.startswith(" ")]
    fields = []
    for start, end in pairwise([*heads, len(lines)]):
        head, _, kind = lines[start].partition(" : ")
        described = "\n".join(line.strip() for line in lines[start + 1 : end]).rstrip()
        fields.append(Field(head, kind, tuple(described.splitlines())))
    return tuple(fields)


def plain(text: str) -> str:
    """Return text of a docstring in Markdown: roles become code."""
    text = re.sub(r":\w+:`[~.]*(?:\w+\.)*(\w+)`", r"`\1`", text)
    return text.replace("``", "`")
