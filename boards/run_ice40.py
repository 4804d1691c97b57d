"""Runs a spiking network on an iCE40 board: ``python boards/run_ice40.py --help``."""

import sys

from spikewright.cli import guarded, run_on_family


def main() -> int:
    """Run the command line; return the exit status."""
    return guarded(lambda: run_on_family("ice40", script="boards/run_ice40.py"))


if __name__ == "__main__":
    sys.exit(main())
