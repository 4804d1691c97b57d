"""``spikewright run``: the main job."""

import argparse
import shlex
import sys

import spikewright as spw

from ..run_options import add_run_options, run_options

__all__ = ["add"]


def add(commands) -> None:
    """Add the command and its options."""
    verb = commands.add_parser("run", help="the main job: train, build, run on a board, report")
    add_run_options(verb, boards=list(spw.BOARDS))
    verb.set_defaults(verb=run, command="run")


def run(options: argparse.Namespace) -> None:
    """Run the main job."""
    command = shlex.join(["spikewright", *sys.argv[1:]])
    spw.main_job(run_options(options, command=command))
