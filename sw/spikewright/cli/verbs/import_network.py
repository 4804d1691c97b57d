"""``spikewright import``: read a network in NIR, and say what it is."""

import argparse

from spikewright_hw.origin import MOST_DELAY

from ..nir_options import add_nir_options, network_of

__all__ = ["add"]


def add(commands) -> None:
    """Add the command and its options."""
    verb = commands.add_parser("import", help="read a network in NIR, and say what it computes")
    verb.add_argument("source", type=str, metavar="FILE", help="the .nir file")
    add_nir_options(verb)
    verb.set_defaults(verb=read, command="import")


def read(options: argparse.Namespace) -> None:
    """Read a network and print its layers."""
    from ...quantized.from_reals import print_network

    print_network(network_of(options, steps=MOST_DELAY + 1))
