"""``spikewright boards``: the boards, and what of them has been built here."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from .. import terminal
from .board import BOARDS, Board
from .built import built_here

__all__ = ["COLUMNS", "NEVER_MET", "board_row", "print_boards"]

#: What is said of a board.
COLUMNS = ("board", "what it is", "part", "oscillator, MHz", "serial port", "built here",
           "met the real board")

#: Said under the list while it is so.
NEVER_MET = (
    "No bitstream of these has met its real board yet; what is reported of them is of virtual "
    "boards, and of place and route."
)


def board_row(board: Board, records: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return what :data:`COLUMNS` ask of a board, given the records of its bitstreams."""
    return (
        board.name, board.title, board.device.label, f"{board.oscillator_hz / 1e6:g}",
        board.serial, _built(records), board.met or "no",
    )


def _built(records: Sequence[Mapping[str, Any]]) -> str:
    if not records:
        return "nothing"
    best = max(records, key=lambda record: record["fmax_mhz"])
    number = f"{len(records)} bitstream{'s' * (len(records) > 1)}"
    seed = f" (seed {best['seed']})" if "seed" in best else ""
    return f"{number}, up to {best['fmax_mhz']:.1f} MHz post-route{seed}"


def print_boards(
    *, plain: bool = False, build: Path = Path("build"), console: Console | None = None
) -> None:
    """Print a line for each board: part, clock, serial port, what was built, what was met.

    Parameters
    ----------
    plain : bool
        Whether the columns are separated by tabs, for scripts; else it is a table.
    build : Path
        Folder of everything generated; what was built is read from there.
    console : rich.console.Console, optional
    """
    found = built_here(build)
    rows = [board_row(board, found.get(board.name, [])) for board in BOARDS.values()]
    if plain:
        for row in rows:
            print("\t".join(row))
        return
    console = console or terminal.console()
    table = Table(title="Boards")
    for column in COLUMNS:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)
    if not any(board.met for board in BOARDS.values()):
        console.print(NEVER_MET)
