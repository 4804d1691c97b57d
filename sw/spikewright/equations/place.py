"""Where in a text something is wrong, and the error that shows it."""

from dataclasses import dataclass

from ..errors import SpikewrightError

__all__ = ["EquationError", "Place", "Text"]

#: Longest excerpt of a text.
_WIDTH = 90


@dataclass(frozen=True)
class Text:
    """A statement as it was given, in one line.

    Parameters
    ----------
    label : str
        What people call it: ``"dv/dt"``, ``"threshold"``.
    text : str
    """

    label: str
    text: str

    def place(self, start: int = 0, end: int | None = None) -> "Place":
        """Return the place from column ``start`` up to ``end``, by default the end of the text."""
        return Place(self, start, len(self.text) if end is None else end)


@dataclass(frozen=True)
class Place:
    """The columns from ``start`` up to ``end`` of a text."""

    text: Text
    start: int
    end: int

    @property
    def words(self) -> str:
        """What stands there."""
        return self.text.text[self.start : self.end]


def _excerpt(place: Place) -> str:
    """Return the text, or of a long one what is around the place, and the mark under it."""
    text, start, end = place.text.text, place.start, max(place.end, place.start + 1)
    if len(text) > _WIDTH:
        first = max(0, min(start - _WIDTH // 2, len(text) - _WIDTH))
        text = text[first : first + _WIDTH]
        start, end = start - first, min(end - first, _WIDTH)
        if first:
            text = f"...{text[3:]}"
    return f"    {text}\n    {' ' * start}{'^' * (end - start)}"


class EquationError(SpikewrightError):
    """An equation is wrong; the message shows it with a mark under the place.

    Parameters
    ----------
    sentence : str
        What is wrong, and what to do.
    place : Place, optional
    """

    def __init__(self, sentence: str, place: Place | None = None):
        self.place = place
        if place is not None:
            sentence = f"{place.text.label}: {sentence}\n{_excerpt(place)}"
        super().__init__(sentence)
