"""``spikewright doctor``: the tools."""

import argparse

__all__ = ["add"]


def add(commands) -> None:
    """Add the command."""
    verb = commands.add_parser(
        "doctor", help="which tools were found, and what a missing one costs"
    )
    verb.set_defaults(verb=doctor, command="doctor")


def doctor(options: argparse.Namespace) -> int:
    """Say which tools were found."""
    from ...doctor import doctor

    return doctor()
