"""``spikewright report``: what was stored of a run; whether it is sound; two side by side."""

import argparse

import spikewright as spw

from ..options import add_engine_option, path
from ..task_options import add_task_options, task_of
from ..words import arguments_checked

__all__ = ["add"]


def add(commands) -> None:
    """Add the command and its options."""
    verb = commands.add_parser("report", help="print a stored report, or list those there are")
    verb.add_argument(
        "name", nargs="?",
        help="name of the report, such as run; or name the task that was run; or check, or compare",
    )
    verb.add_argument(
        "files", nargs="*", type=path, metavar="NAME",
        help="check NAME ...: whether reports are sound, by their schema and by what cannot be; "
        "compare NAME NAME ...: reports side by side; each by its name, its file or its folder",
    )
    add_task_options(verb, folder=False)
    add_engine_option(verb)
    verb.set_defaults(verb=report, command="report")


def report(options: argparse.Namespace) -> None:
    """Print a stored report, or list the reports; check some, or put them side by side."""
    from ...record.stored import report_path, show

    if options.name == "check":  # which knows files alone, and shares no code with what wrote them
        spw.check_reports([report_path(one) for one in options.files])
        return
    if options.name == "compare":
        spw.compare_reports(options.files)
        return
    if options.files:
        raise spw.ReportError(
            f"one report is printed at a time; {options.files[0]} is one more: name check or "
            "compare before several"
        )
    task = options.task if options.data is None else task_of(options)
    if task is None:
        show(options.name)
        return
    with arguments_checked(options.flags):
        name = spw.report_name(task, stochastic=options.engine == "stochastic")
    show(name)
