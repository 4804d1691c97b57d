"""``spikewright resources``: size and speed."""

import argparse

import spikewright as spw

from ..options import add_engine_options, design_of

__all__ = ["add"]


def add(commands) -> None:
    """Add the command and its options."""
    verb = commands.add_parser("resources", help="size and speed of every core on every family")
    verb.add_argument(
        "core", nargs="*",
        help="cores, which are measured anew; or a .spw file (default: the cores whose gateware "
        "has changed since they were measured)",
    )
    add_engine_options(verb, board=False)
    verb.set_defaults(verb=resources, command="resources")


def resources(options: argparse.Namespace) -> None:
    """Measure cores, or the engine of a network."""
    network = any(core.endswith(".spw") for core in options.core)
    spw.resources(*options.core, design=design_of(options) if network else None)
