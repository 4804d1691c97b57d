"""Whether a design can fit a part, by what its netlist needs: told before anything is placed."""

from ..errors import BuildError
from .board import BOARDS, Board
from .synthesis import CellCounts

__all__ = ["TooLarge", "check_room"]

_WORDS = {"lut": "look-up tables", "ff": "flip-flops", "bram": "block RAMs", "dsp": "multipliers"}


class TooLarge(BuildError):
    """A design needs more than its part has; the message says of what, and how much."""


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
        f"{', or ' if before else ''}{last}"
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
