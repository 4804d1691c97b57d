"""``spikewright report``: what was stored of a run."""

import argparse

__all__ = ["add"]


def add(commands) -> None:
    """Add the command and its options."""
    verb = commands.add_parser("report", help="print a stored report, or list those there are")
    verb.add_argument("name", nargs="?", help="name of the report, such as run")
    verb.set_defaults(verb=report, command="report")


def report(options: argparse.Namespace) -> None:
    """Print a stored report, or list the reports."""
    from ...job.report import show

    show(options.name)
