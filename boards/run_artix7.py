"""Runs a spiking network on an Artix-7 board: ``python boards/run_artix7.py --help``."""

import sys

from spikewright.cli import guarded, run_on_family


def main() -> int:
    """Run the command line; return the exit status."""
    return guarded(lambda: run_on_family("xc7", script="boards/run_artix7.py"))


if __name__ == "__main__":
    sys.exit(main())
