"""``spikewright pages``: the generated parts of the documentation."""

import argparse

__all__ = ["add"]


def add(commands) -> None:
    """Add the command and its options."""
    verb = commands.add_parser("pages", help="fill in the cores' pages, draw neurons' responses")
    verb.add_argument("core", nargs="?", help="one core only (default: all)")
    verb.add_argument(
        "--check", action="store_true",
        help="write nothing: fail if a page is not what the sources say, as far as it is seen "
        "without a simulation",
    )
    verb.set_defaults(verb=pages, command="pages")


def pages(options: argparse.Namespace) -> None:
    """Write or check the cores' pages."""
    from ...pages.pages import pages

    pages(options.core, check=options.check)
