"""``spikewright build``: the bitstream of a network."""

import argparse
import sys

import spikewright as spw

from ..options import one_or_more, path
from ..run_options import add_build_options, run_options

__all__ = ["add"]


def add(commands) -> None:
    """Add the command and its options."""
    verb = commands.add_parser(
        "build", help="train for a task, or take a .spw network, and build its bitstream"
    )
    verb.add_argument(
        "file", nargs="?", type=path, metavar="FILE",
        help="a .spw network; without one, it is trained, unless the same was trained before",
    )
    add_build_options(verb, boards=list(spw.BOARDS))
    verb.add_argument(
        "--no-saturation", action="store_true",
        help="first refuse a network with a state that can end at its format, for any input",
    )
    verb.add_argument(
        "--demo", type=one_or_more, metavar="N",
        help="store the first N samples of the test part in the bitstream: a board that runs them "
        "by itself, without a host (docs/boards.md)",
    )
    verb.add_argument(
        "--placements", type=one_or_more, metavar="N",
        help="place and route with seeds 1 to N of the placer besides, and say median, lowest and "
        "highest of the clocks that they reach",
    )
    verb.add_argument(
        "--plan", action="store_true",
        help="only write all that the bitstream is built of, and a script that calls the tools",
    )
    verb.set_defaults(verb=build, command="build")


def build(options: argparse.Namespace) -> None:
    """Build the bitstream of a network."""
    if options.file is not None:
        options.network = options.file
    command = "spikewright build --plan" if options.plan else "spikewright build"
    asked = run_options(options, command=command)
    if options.plan:
        print(spw.plan_job(asked))
    else:
        built = spw.build_job(asked)
        print(built.speed(), file=sys.stderr)
        print(built.path)
