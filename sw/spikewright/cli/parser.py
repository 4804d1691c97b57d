"""The parser of the command line: all commands, in the order of its help."""

import argparse
from functools import cache
from typing import NoReturn

import spikewright as spw

from .verbs import (
    bench,
    board,
    boards,
    build,
    check,
    convert,
    cores,
    doctor,
    emit,
    estimate,
    explore,
    export,
    import_network,
    neurobench,
    new_core,
    pages,
    quantize,
    report,
    resources,
    run,
    train,
)

__all__ = ["parser"]

_VERBS = (
    run, train, import_network, quantize, convert, check, export, emit, estimate, build, explore,
    report, resources, pages, bench, neurobench, board, boards, cores, doctor, new_core,
)


class _Parser(argparse.ArgumentParser):
    """A parser that says which option gives what is none."""

    def error(self, message: str) -> NoReturn:
        if message.startswith("unrecognized arguments: --hidden"):
            message += "; the neurons of each layer are given by --network, such as 128-64"
        super().error(message)


@cache
def parser() -> argparse.ArgumentParser:
    """Return the parser of the command ``spikewright``, which is made once."""
    parser = _Parser(
        prog="spikewright", description="From a spiking network to proved, measured gateware."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {spw.__version__}")
    commands = parser.add_subparsers(required=True, metavar="VERB")
    for verb in _VERBS:
        verb.add(commands)
    return parser
