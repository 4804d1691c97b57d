"""``spikewright check``: which states of a network can saturate, or whether a certificate is so."""

import argparse

import spikewright as spw

from ...files import check_writable
from ...terminal import console
from ..options import path

__all__ = ["add"]


def add(commands) -> None:
    """Add the command and its options."""
    verb = commands.add_parser(
        "check",
        help="say which states of a .spw network can end at their formats, or check a certificate",
    )
    verb.add_argument("network", type=path, metavar="FILE", help="the .spw network")
    verb.add_argument(
        "--no-saturation", action="store_true", help="fail unless it is shown that no state can"
    )
    verb.add_argument(
        "--inputs", type=path, metavar="OUT",
        help="a .npz file to write: of each state that can, an input with which it does",
    )
    verb.add_argument(
        "--certificate", type=path, metavar="JSON",
        help="check the certificate.json beside a bitstream instead: that it is of this network, "
             "and that all it claims is so",
    )
    verb.set_defaults(verb=check, command="check")


def check(options: argparse.Namespace) -> None:
    """Print each end of each state's format, and write the inputs that were found.

    With a certificate, it is checked instead.
    """
    from ...quantized.saturation import show_saturation

    if options.certificate is not None:
        console().print(
            spw.check_certificate(options.certificate, network=spw.read(options.network))
        )
        return

    if options.inputs is not None:
        check_writable(options.inputs)
    show_saturation(
        spw.read(options.network), inputs=options.inputs,
        allow_saturation=not options.no_saturation,
    )
