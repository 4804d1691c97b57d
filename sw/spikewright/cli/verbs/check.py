"""``spikewright check``: which states of a network can saturate, and for which input."""

import argparse

import spikewright as spw

from ...files import check_writable
from ..options import path

__all__ = ["add"]


def add(commands) -> None:
    """Add the command and its options."""
    verb = commands.add_parser(
        "check", help="say which states of a .spw network can end at their formats"
    )
    verb.add_argument("network", type=path, metavar="FILE", help="the .spw network")
    verb.add_argument(
        "--no-saturation", action="store_true", help="fail unless it is shown that no state can"
    )
    verb.add_argument(
        "--inputs", type=path, metavar="OUT",
        help="a .npz file to write: of each state that can, an input with which it does",
    )
    verb.set_defaults(verb=check, command="check")


def check(options: argparse.Namespace) -> None:
    """Print each end of each state's format, and write the inputs that were found."""
    from ...quantized.saturation import show_saturation

    if options.inputs is not None:
        check_writable(options.inputs)
    show_saturation(
        spw.read(options.network), inputs=options.inputs,
        allow_saturation=not options.no_saturation,
    )
