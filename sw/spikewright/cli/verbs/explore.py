"""``spikewright explore``: settings compared over a grid or at random."""

import argparse
import shlex
import sys

import spikewright as spw

from ..options import count, minutes, one_or_more, seed
from ..task_options import add_task_options, task_of
from ..words import arguments_checked

__all__ = ["add"]


def add(commands) -> None:
    """Add the command and its options."""
    verb = commands.add_parser(
        "explore",
        help="compare settings: accuracy against cycles and size, on a held-out part",
        description="Train, run and build what the axes span. The accuracy is that of the integer "
        "reference on a fifth of the training part that is held out; the test part is not looked "
        "at. What was done before is not done again.",
    )
    add = verb.add_argument
    add(
        "--axis", action="append", required=True, metavar="NAME=VALUES",
        help="a setting and its values, parted by commas: weight_bits=2,3,4, hidden=64,128-64, "
        "coding=ttfs,rate, engine=event,stochastic, share=1,4; with --draws also a range, "
        "learning_rate=0.01:0.1. May be repeated; docs/explore.md names all axes",
    )
    add_task_options(verb)
    add(
        "--seed", type=seed, action="append", metavar="N",
        help="seed to train; may be repeated, and scores are means (default: 0)",
    )
    add("--draws", type=count, metavar="N", help="N points at random, not the whole grid")
    add("--draw-seed", type=count, default=0, metavar="N", help="of the random points (0)")
    add(
        "--until", choices=("accuracy", "cycles", "bitstream"), default="cycles",
        help="how far each point is taken: its accuracy; its cycles on a virtual board, too; its "
        "bitstream, too (%(default)s)",
    )
    add(
        "--samples", type=one_or_more, default=20, metavar="N",
        help="for the virtual board (%(default)s)",
    )
    add("--fold", type=count, default=0, metavar="N", help="which fifth is held out, 0 to 4 (0)")
    add(
        "--workers", type=count, metavar="N",
        help="processes of this machine (default: one for each processor)",
    )
    add(
        "--scheduler", default="", metavar="ADDRESS",
        help="of a Dask cluster, whose workers are used: tcp://HOST:8786",
    )
    add(
        "--limit", type=minutes, default=20.0, metavar="MINUTES",
        help="for placing and routing each point (%(default)g)",
    )
    add("--name", default="", metavar="NAME", help="the report is explore-NAME (that of the task)")
    verb.set_defaults(verb=explore, command="explore")


def explore(options: argparse.Namespace) -> None:
    """Compare settings."""
    axes: dict[str, list] = {}
    for given in options.axis:
        name, equals, values = given.partition("=")
        if not equals:
            raise spw.SpikewrightError(
                f"--axis is {given[:60]!r}; it is a name and its values, such as weight_bits=2,3,4"
            )
        with arguments_checked(options.flags, before="--axis: "):
            axes.setdefault(name, []).extend(
                spw.value_of(name, value) for value in values.split(",")
            )
    task = task_of(options)
    with arguments_checked(options.flags):
        spw.explore(spw.Exploration(
            axes=axes,
            task=task,
            seeds=tuple(options.seed or (0,)),
            draws=options.draws,
            draw_seed=options.draw_seed,
            until=options.until,
            samples=options.samples,
            fold=options.fold,
            workers=options.workers,
            scheduler=options.scheduler,
            limit_s=60 * options.limit,
            name=options.name,
            command=shlex.join(["spikewright", *sys.argv[1:]]),
        ))
