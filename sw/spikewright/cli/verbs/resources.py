"""``spikewright resources``: size and speed."""

import argparse

import spikewright as spw

from ..options import add_engine_options, design_of

__all__ = ["add"]


def add(commands) -> None:
    """Add the command and its options."""
    verb = commands.add_parser("resources", help="size and speed of every core on every family")
    verb.add_argument(
        "core", nargs="?", help="one core, or a .spw file; the table in docs then stays"
    )
    add_engine_options(verb)
    verb.set_defaults(verb=resources, command="resources")


def resources(options: argparse.Namespace) -> None:
    """Measure cores, or the engine of a network."""
    spw.resources(options.core, design=design_of(options))
