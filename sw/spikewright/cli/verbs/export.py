"""``spikewright export``: a network file as NIR."""

import argparse

import spikewright as spw

from ...files import check_writable
from ..options import path
from ..words import arguments_checked

__all__ = ["add"]


def add(commands) -> None:
    """Add the command and its options."""
    verb = commands.add_parser("export", help="write a .spw network as NIR, where NIR can say it")
    verb.add_argument("model", type=path, metavar="FILE", help="the .spw network")
    verb.add_argument("output", type=path, metavar="OUT", help="the .nir file to write")
    verb.add_argument(
        "--dt", type=float, metavar="TIME",
        help="length of a step, in the unit in which time constants are written",
    )
    verb.add_argument(
        "--accept", nargs="+", default=[], metavar="WORD",
        help="what may be lost: subtract, late, none, at_least, graded (docs/import.md)",
    )
    verb.set_defaults(verb=export, command="export")


def export(options: argparse.Namespace) -> None:
    """Write a network as NIR."""
    check_writable(options.output)
    network = spw.read(options.model).network
    with arguments_checked(options.flags):
        spw.to_nir(network, options.output, dt=options.dt, accept=options.accept)
    print(options.output)
