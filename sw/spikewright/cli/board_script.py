"""What the scripts in ``boards/`` do: a run on a board of one family."""

import argparse
import shlex
import sys

import spikewright as spw

from .applies import parsed
from .run_options import add_run_options, run_options
from .words import options_named

__all__ = ["board_parser", "run_on_family"]


def board_parser(family: str) -> argparse.ArgumentParser:
    """Make the parser of a script, whose boards are those of a family."""
    boards = [name for name, board in spw.BOARDS.items() if board.family.name == family]
    label = spw.BOARDS[boards[0]].family.label
    made = argparse.ArgumentParser(
        description=f"Build the bitstream of a spiking network for a board of the {label} family, "
        "classify the test split on the board, compare every value with the integer reference, and "
        "report. Without a board, the board is virtual: the same board top, simulated.",
    )
    add_run_options(made, boards=boards)
    return made


def run_on_family(family: str, *, script: str) -> None:
    """Run the command line of a script; the first line says on what."""
    given = parsed(board_parser(family), sys.argv[1:])
    options = run_options(given, command=shlex.join(["python", script, *sys.argv[1:]]))
    if options.build_only:
        print(f"Building for {options.board.title}; nothing will be run.", flush=True)
    elif options.virtual:
        print(
            "No board: this runs on the virtual board, the same gateware simulated by "
            "Verilator (--port names a real one).",
            flush=True,
        )
    else:
        print(f"This runs on the board at {options.port}.", flush=True)
    with options_named(given.flags):
        spw.main_job(options)
