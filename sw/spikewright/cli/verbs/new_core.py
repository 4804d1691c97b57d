"""``spikewright new-core``: the files of a new core."""

import argparse
from pathlib import Path

import spikewright as spw

from ..options import add_neuron_options

__all__ = ["add"]


def add(commands) -> None:
    """Add the command and its options."""
    verb = commands.add_parser(
        "new-core", help="lay out the files of a new core, or of a neuron given by its equations"
    )
    verb.add_argument("name", help="its name: the stem of all its files")
    verb.add_argument("--family", help="its folder (stochastic.arithmetic; a neuron's is neuron)")
    add_neuron_options(verb)
    verb.set_defaults(verb=new_core, command="new-core")


def new_core(options: argparse.Namespace) -> None:
    """Lay out the files of a new core."""
    if options.equations is None:
        family = "stochastic.arithmetic" if options.family is None else options.family
        for path in spw.new_core(options.name, family=family, root=Path.cwd()):
            print(path)
        return

    from ...scaffold.neuron_report import report
    from ..neuron import specification

    files, compiled = spw.new_neuron(specification(options), root=Path.cwd())
    for path in files:
        print(path)
    print()
    print("\n".join(report(compiled.definition, compiled.specification.format)))
