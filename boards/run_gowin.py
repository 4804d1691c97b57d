"""Runs a spiking network on a Gowin board: ``python boards/run_gowin.py --help``."""

import sys

from spikewright.cli import guarded, run_on_family


def main() -> int:
    """Run the command line; return the exit status."""
    return guarded(lambda: run_on_family("gowin", script="boards/run_gowin.py"))


if __name__ == "__main__":
    sys.exit(main())
