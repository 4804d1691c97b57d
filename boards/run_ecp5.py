"""Runs a spiking network on an ECP5 board: ``python boards/run_ecp5.py --help``."""

import argparse
import shlex
import sys

import spikewright as spw
from spikewright.cli import add_run_options, guarded, options_named, run_options
from spikewright.cli.applies import parsed
from spikewright.gateware.board import BOARDS
from spikewright.gateware.parts import PARTS

ECP5 = [name for name, board in BOARDS.items() if PARTS[board.part].family == "ecp5"]


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    made = argparse.ArgumentParser(
        description="Build the bitstream of a spiking network for an ECP5 board, classify the test "
        "split on the board, compare every value with the integer reference, and report. Without "
        "a board, the board is virtual: the same board top, simulated.",
    )
    add_run_options(made, boards=ECP5)
    return made


def main() -> int:
    """Run the command line; return the exit status."""
    given = parsed(parser(), sys.argv[1:])
    command = shlex.join(["python", "boards/run_ecp5.py", *sys.argv[1:]])

    def work() -> None:
        options = run_options(given, command=command)
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

    return guarded(work)


if __name__ == "__main__":
    sys.exit(main())
