"""``spikewright estimate``: what a network will take on every board, before anything is built."""

import argparse
from pathlib import Path

import spikewright as spw

from ..options import add_commands_option, counts, one_or_more, path
from ..task_options import add_task_options, task_of
from ..words import arguments_checked

__all__ = ["add"]


def add(commands) -> None:
    """Add the command and its options."""
    verb = commands.add_parser(
        "estimate", help="estimate size, cycles and energy of a .spw network on every board"
    )
    verb.add_argument("file", type=path, metavar="FILE", help="the .spw network")
    verb.add_argument(
        "--board", nargs="+", default=[], metavar="NAME",
        help="boards, see `spikewright boards` (default: all)",
    )
    add_task_options(verb)
    verb.add_argument(
        "--samples", type=one_or_more, default=200, metavar="N",
        help="of the test part, for the means, at most (%(default)s)",
    )
    engine = verb.add_argument_group("the engine")
    engine.add_argument("--share", type=counts, metavar="N[,N...]", help="neurons per updater (4)")
    engine.add_argument("--banks", type=counts, metavar="N[,N...]", help="rows in a cycle (1)")
    engine.add_argument(
        "--fold", type=counts, metavar="N[,N...]", help="neurons of a row in a cycle (all)"
    )
    add_commands_option(engine)
    engine.add_argument(
        "--fit", action="store_true",
        help="compare designs for each --board, cycles against size, and name the fastest that "
             "fits; `spikewright build --fit` builds it (docs/fit.md)",
    )
    verb.set_defaults(verb=estimate, command="estimate")


def estimate(options: argparse.Namespace) -> None:
    """Print the estimate."""
    if options.fit and not options.board:
        raise spw.SpikewrightError(
            "--fit compares designs for a board; name one or several by --board"
        )
    network = spw.read(options.file)
    task = task_of(options)
    if task is None:
        task = spw.known_task(network)
    given = {
        name: value for name in ("share", "banks", "fold", "commands")
        if (value := getattr(options, name)) is not None
    }
    if options.fit:
        with arguments_checked({**options.flags, "board": "--board"}):
            design = spw.EventDesign(**given)
            found = [
                spw.fit_design(
                    network, board=name, task=task, design=design, samples=options.samples
                )
                for name in options.board
            ]
        for one in found:
            spw.show_fit(one, network, build=Path("build"))
        return
    with arguments_checked({**options.flags, "boards": "--board"}):
        estimated = spw.estimate(
            network, task=task, design=spw.EventDesign(**given), boards=options.board,
            samples=options.samples,
        )
    spw.print_estimate(estimated)
