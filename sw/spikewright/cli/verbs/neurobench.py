"""``spikewright neurobench``: the benchmarks of NeuroBench on this gateware."""

import argparse

import spikewright as spw

from ..options import path
from ..words import arguments_checked
from .neurobench_qubo import add_qubo
from .neurobench_tasks import add_tasks

__all__ = ["add"]


def add(commands) -> None:
    """Add the command with the benchmarks that there are."""
    verb = commands.add_parser("neurobench", help="benchmarks of NeuroBench")
    benches = verb.add_subparsers(required=True, metavar="BENCHMARK")
    add_qubo(benches)
    add_tasks(benches)
    _add_submit(benches)
    _add_check(benches)


def _add_submit(benches) -> None:
    verb = benches.add_parser(
        "submit", help="five trials of a benchmark, and all that a submission asks for",
        description="The record, a report, each trial with its log, and the hash of each file. "
        "All of it is simulated, and says so.",
    )
    add = verb.add_argument
    add(
        "task", metavar="TASK",
        help="qubo, mackey-glass, cart-pole, or run: the digits; asc, primate-reaching or "
        "keyword-fscil, whose data are searched in SPIKEWRIGHT_DATA; detection, rehearsed alone",
    )
    add("--folder", type=path, metavar="DIR", help="a new one (build/submissions/TASK)")
    add("--quick", action="store_true", help="a part of the workloads, in seconds: no submission")
    add(
        "--rehearsal", action="store_true",
        help="on made or other data in the place of the benchmark's: no submission, and it says so",
    )
    add("--organisation", default="", metavar="NAME", help="who submits")
    add("--availability", default="RDI", metavar="WORD", help="Available, Preview or RDI (RDI)")
    add(
        "--configuration", default="Performance", metavar="WORD",
        help="Performance or Efficiency (Performance)",
    )
    verb.set_defaults(verb=submit, command="neurobench submit")


def submit(options: argparse.Namespace) -> None:
    """Submit a benchmark."""
    with arguments_checked({**options.flags, "task": "TASK"}):
        spw.submit(
            options.task, options.folder, quick=options.quick, rehearsal=options.rehearsal,
            submitter=spw.Submitter(
                organisation=options.organisation, availability=options.availability,
                configuration=options.configuration,
            ),
        )


def _add_check(benches) -> None:
    verb = benches.add_parser(
        "check", help="whether a submission is sound, and what is missing",
        description="A reader that shares no code with the writer: hashes, schemas, trials within "
        "5 %, results counted once more from the trials' rows, values that cannot be.",
    )
    verb.add_argument("folder", type=path, metavar="FOLDER", help="of a submission")
    verb.add_argument(
        "--repeat", action="store_true", help="run the five trials once more, and compare"
    )
    verb.set_defaults(verb=check, command="neurobench check")


def check(options: argparse.Namespace) -> None:
    """Check a submission."""
    spw.check_submission(options.folder, repeat=options.repeat)
