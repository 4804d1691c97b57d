"""``spikewright report``: what was stored of a run."""

import argparse

import spikewright as spw

from ..options import add_engine_option
from ..task_options import add_task_options, task_of
from ..words import arguments_checked

__all__ = ["add"]


def add(commands) -> None:
    """Add the command and its options."""
    verb = commands.add_parser("report", help="print a stored report, or list those there are")
    verb.add_argument(
        "name", nargs="?",
        help="name of the report, such as run; or name the task that was run",
    )
    add_task_options(verb, folder=False)
    add_engine_option(verb)
    verb.set_defaults(verb=report, command="report")


def report(options: argparse.Namespace) -> None:
    """Print a stored report, or list the reports."""
    from ...record.stored import show

    task = options.task if options.data is None else task_of(options)
    if task is None:
        show(options.name)
        return
    with arguments_checked(options.flags):
        name = spw.report_name(task, stochastic=options.engine == "stochastic")
    show(name)
