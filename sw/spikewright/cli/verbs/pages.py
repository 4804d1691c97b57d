"""``spikewright pages``: the generated parts of the documentation."""

import argparse

__all__ = ["add"]


def add(commands) -> None:
    """Add the command and its options."""
    verb = commands.add_parser("pages", help="draw the neurons' responses, and fill in their pages")
    verb.add_argument("neuron", nargs="?", help="one neuron only (default: all)")
    verb.set_defaults(verb=pages, command="pages")


def pages(options: argparse.Namespace) -> None:
    """Write the neurons' pages."""
    from ...pages.pages import pages

    pages(options.neuron)
