"""``spikewright emit``: Verilog of cores, or of a network."""

import argparse
from pathlib import Path

import spikewright as spw

from ...errors import SpikewrightError
from ..options import add_engine_options, design_of, path
from ..words import arguments_checked

__all__ = ["add"]


def add(commands) -> None:
    """Add the command and its options."""
    verb = commands.add_parser("emit", help="write Verilog of registered cores, or of a network")
    verb.add_argument("core", nargs="?", help="a core (see `spikewright cores`), or a .spw file")
    verb.add_argument("--all", action="store_true", help="every preset of every core")
    verb.add_argument("--preset", help="one preset of the core (default: all of them)")
    verb.add_argument(
        "-o", "--output", type=path, default=Path("build/verilog"), metavar="FOLDER",
        help="where to (%(default)s)",
    )
    verb.add_argument(
        "--bus", metavar="NAME",
        help="of a network: axi-stream or wishbone, a bus that its engine is put on (docs/bus.md)",
    )
    add_engine_options(verb, board=False)
    verb.set_defaults(verb=emit, command="emit")


def emit(options: argparse.Namespace) -> None:
    """Write Verilog."""
    if options.all == (options.core is not None):
        raise SpikewrightError("name one core, or give --all for every core")
    if options.core is not None and options.core.endswith(".spw"):
        name = Path(options.core).stem
        design = design_of(options)
        network = spw.read(options.core)
        with arguments_checked(options.flags):
            print(spw.emit(network, options.output, name=name, design=design, bus=options.bus))
        return
    cores = [] if options.core is None else [options.core]
    for written in spw.emit_cores(*cores, preset=options.preset, folder=options.output):
        print(written)
