"""``spikewright pages``: the generated parts of the documentation."""

import argparse

__all__ = ["add"]


def add(commands) -> None:
    """Add the command and its options."""
    verb = commands.add_parser("pages", help="fill in the cores' pages, draw neurons' responses")
    verb.add_argument("core", nargs="?", help="one core only (default: all)")
    verb.set_defaults(verb=pages, command="pages")


def pages(options: argparse.Namespace) -> None:
    """Write the cores' pages."""
    from ...pages.pages import pages

    pages(options.core)
