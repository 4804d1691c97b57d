"""What cores there are: the lines of ``cores.txt``, without the cores."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ENTRIES", "FILE", "Entry", "for_core", "listed"]

#: The file that lists the cores.
FILE = Path(__file__).with_name("cores.txt")


@dataclass(frozen=True)
class Entry:
    """A line of the registry.

    Parameters
    ----------
    family : str
        Package of the core's module, below ``spikewright_hw``.
    name : str
        Stem of the core's files.
    kind : str
        Stem of the files that the core shares with its kind; its own name if it is of no kind.
    """

    family: str
    name: str
    kind: str

    @property
    def line(self) -> str:
        """The line."""
        return f"{self.family} {self.name} {'-' if self.kind == self.name else self.kind}"


def listed(text: str) -> tuple[Entry, ...]:
    """Return what the text of a registry lists.

    Raises :exc:`ValueError` for a line that is not a family, a name and a kind, and for a name that
    is there twice.
    """
    entries: dict[str, Entry] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        if len(words) != 3:
            raise ValueError(
                f"line {number} of {FILE.name} is {line.strip()!r}; it must be a family, a name, "
                "and a kind or -"
            )
        family, name, kind = words
        if name in entries:
            raise ValueError(f"line {number} of {FILE.name} lists {name} again; take it out")
        entries[name] = Entry(family, name, name if kind == "-" else kind)
    return tuple(entries.values())


def for_core(text: str, *, name: str, presets: Iterable[str]) -> str:
    """Return the text of a kind's file for one core of the kind.

    ``{core}`` becomes its name, ``{first}`` and ``{second}`` those of its first two presets.
    """
    first, second, *_ = presets
    for place, word in (("{core}", name), ("{first}", first), ("{second}", second)):
        text = text.replace(place, word)
    return text


#: The registered cores, in the order of the documentation.
ENTRIES = listed(FILE.read_text(encoding="utf-8"))
