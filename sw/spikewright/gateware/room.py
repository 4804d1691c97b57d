"""Whether a design can fit a part, by what its netlist needs: told before anything is placed."""

from collections.abc import Mapping

from spikewright_hw.engine.design import Design

from ..errors import BuildError
from .board import BOARDS, Board
from .synthesis import CellCounts

__all__ = ["COMMANDS_LUT", "TooLarge", "check_room", "few_commands"]

_WORDS = {"lut": "look-up tables", "ff": "flip-flops", "bram": "block RAMs", "dsp": "multipliers"}


class TooLarge(BuildError):
    """A design needs more than its part has; the message says of what, and how much.

    Parameters
    ----------
    message : str
    over : mapping of str to int
        How much too much, by kind: ``lut``, ``ff``, ``bram``, ``dsp``; or another name for what is
        none of these.
    """

    def __init__(self, message: str, *, over: Mapping[str, int]):
        super().__init__(message)
        self.over = over


def check_room(counts: CellCounts, *, board: Board) -> None:
    """Raise :exc:`TooLarge` if a netlist needs more than the part of a board has."""
    short = _short(counts, board)
    if not short:
        return
    needs = ", ".join(
        f"{getattr(counts, kind):,} {words}, {over:,} more than the "
        f"{board.device.room[kind]:,} of {board.device.label}"
        for kind, words in _WORDS.items() if (over := short.get(kind))
    )
    kin = [other for other in _by_size() if other.family is board.family]
    larger = next((other for other in kin if not _short(counts, other)), None)
    ways = [] if short.keys() == {"bram"} else ["more neurons for each updater, by share="]
    ways.append("a smaller network")
    if larger is not None:
        ways.append(f"board={larger.name!r}")
    elif board is not (largest := _by_size()[-1]):
        ways.append(f"a larger part, such as that of board={largest.name!r}")
    *before, last = ways
    raise TooLarge(
        f"the design does not fit {board.title}: it needs {needs}. Use {', '.join(before)}"
        f"{', or ' if before else ''}{last}",
        over=short,
    )


COMMANDS_LUT = 400
"""A design that is over by up to so many cells is likely to fit without the commands that may be
left out: on an iCEBreaker 64-16-10 needs 444 fewer without them."""


def few_commands(large: TooLarge, design: Design) -> str:
    """Say that commands can be left out, where that is likely to be enough; else nothing."""
    over = large.over
    if design.commands == "few" or not over.keys() <= {"lut", "ff"}:
        return ""
    if max(over.values()) > COMMANDS_LUT:
        return ""
    return (
        f". It misses by {max(over.values())} cells: a board without STATUS, RESET, RUN and "
        "RATE needs fewer, by commands='few'"
    )


def _short(counts: CellCounts, board: Board) -> dict[str, int]:
    """Return how much of each kind a board lacks."""
    return {
        kind: over for kind, there in board.device.room.items()
        if (over := getattr(counts, kind) - there) > 0
    }


def _by_size() -> list[Board]:
    """Return the boards by the size of their part, and by their names."""
    return sorted(
        BOARDS.values(), key=lambda board: (board.device.room.get("lut", 0), board.name)
    )
