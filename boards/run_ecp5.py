"""Runs a spiking network on an ECP5 board: ``python boards/run_ecp5.py --help``."""

import sys

from spikewright.cli import guarded, run_on_family


def main() -> int:
    """Run the command line; return the exit status."""
    return guarded(lambda: run_on_family("ecp5", script="boards/run_ecp5.py"))


if __name__ == "__main__":
    sys.exit(main())
