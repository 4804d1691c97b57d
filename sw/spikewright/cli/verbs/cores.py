"""``spikewright cores``: the registered cores."""

import argparse
import sys

__all__ = ["add"]


def add(commands) -> None:
    """Add the command and its options."""
    verb = commands.add_parser("cores", help="list the registered cores")
    verb.add_argument(
        "--plain", action="store_true",
        help="a line for each, its columns separated by tabs (default where there is no terminal)",
    )
    verb.set_defaults(verb=cores, command="cores")


def cores(options: argparse.Namespace) -> None:
    """List the registered cores."""
    from ...gateware.emit import print_cores

    print_cores(plain=options.plain or not sys.stdout.isatty())
