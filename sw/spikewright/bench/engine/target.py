"""A target of the event engine: what is asked, and the work that finds what is reached."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

from ...record.figure import Figure

if TYPE_CHECKING:
    from .work import Work

__all__ = ["Asked", "Found", "NotHere", "Target", "at_least", "at_most"]

_SENSES = {"≥": operator.ge, "≤": operator.le}


class NotHere(Exception):
    """A target that cannot be worked out on this machine: its message says why."""


@dataclass(frozen=True)
class Asked:
    """A bound: the least or the most that a figure may be."""

    sense: Literal["≥", "≤"]
    bound: float

    def __str__(self) -> str:
        return f"{self.sense} {self.bound:,.6g}"

    def met_by(self, value: float) -> bool:
        """Whether a value keeps the bound."""
        return _SENSES[self.sense](value, self.bound)


def at_least(bound: float) -> Asked:
    """Ask for no less."""
    return Asked("≥", bound)


def at_most(bound: float) -> Asked:
    """Ask for no more."""
    return Asked("≤", bound)


@dataclass(frozen=True, kw_only=True)
class Found:
    """What is reached.

    Parameters
    ----------
    figure : Figure
    note : str
        What belongs to it, in a few words.
    asked : Asked, optional
        In the place of the target's, where that has to be worked out, too.
    """

    figure: Figure
    note: str = ""
    asked: Asked | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        asked = None if self.asked is None else [self.asked.sense, self.asked.bound]
        return {"figure": self.figure.as_json(), "note": self.note, "asked": asked}

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> Self:
        """Read what :meth:`as_json` gave."""
        asked = None if given["asked"] is None else Asked(*given["asked"])
        return cls(figure=Figure.from_json(given["figure"]), note=given["note"], asked=asked)


@dataclass(frozen=True, kw_only=True)
class Target:
    """A row of the bench.

    Parameters
    ----------
    name : str
        Of the row, and of its figure.
    title : str
        What it is, in words.
    unit : str
    work : callable
        Takes what the rows share and the target; returns what is found, or raises
        :class:`NotHere`.
    asked : Asked, optional
        What is to be reached; nothing where the figure stands beside another one.
    tasks : tuple of str
        Data sets that it needs.
    timed : bool
        Whether it depends on this machine.
    """

    name: str
    title: str
    unit: str
    work: "Callable[[Work, Target], Found]"
    asked: Asked | None = None
    tasks: tuple[str, ...] = ()
    timed: bool = False
