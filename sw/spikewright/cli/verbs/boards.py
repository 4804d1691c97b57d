"""``spikewright boards``: the boards that bitstreams are built for."""

import argparse
import sys

__all__ = ["add"]


def add(commands) -> None:
    """Add the command and its options."""
    verb = commands.add_parser(
        "boards", help="list the boards, what was built for each, and which have been met"
    )
    verb.add_argument(
        "--plain", action="store_true",
        help="a line for each, its columns separated by tabs (default where there is no terminal)",
    )
    verb.set_defaults(verb=boards, command="boards")


def boards(options: argparse.Namespace) -> None:
    """List the boards."""
    from ...gateware.board_list import print_boards

    print_boards(plain=options.plain or not sys.stdout.isatty())
