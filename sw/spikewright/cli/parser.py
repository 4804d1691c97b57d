"""The parser of the command line: each command and its options."""

import argparse
from pathlib import Path

import spikewright as spw

from . import verbs
from .options import (
    add_board_options,
    add_engine_options,
    add_neuron_options,
    add_run_options,
    add_streams_options,
    count,
    path,
    seed,
)

__all__ = ["parser"]


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command ``spikewright``."""
    parser = argparse.ArgumentParser(
        prog="spikewright", description="From a spiking network to proved, measured gateware."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {spw.__version__}")
    commands = parser.add_subparsers(required=True, metavar="VERB")
    _of_networks(commands)
    _of_results(commands)
    _of_benches(commands)
    _of_cores(commands)
    return parser


def _of_networks(commands) -> None:
    """Add the commands that take or make a network."""
    verb = commands.add_parser("run", help="the main job: train, build, run on a board, report")
    add_run_options(verb, boards=list(spw.BOARDS))
    verb.set_defaults(verb=verbs.run, command="run")

    verb = commands.add_parser("train", help="train and quantise a network into a .spw file")
    verb.add_argument("output", type=path, metavar="FILE", help="the .spw file to write")
    verb.add_argument("--seed", type=seed, default=0, metavar="N", help="seed (%(default)s)")
    verb.add_argument(
        "--hidden", type=count, nargs="+", metavar="N", help="neurons of the hidden layers (128)"
    )
    verb.add_argument("--neuron", metavar="NAME", help="neuron of the hidden layers (lif)")
    verb.add_argument("--weight-bits", type=count, metavar="BITS", help="2 to 8 (4)")
    verb.add_argument("--membrane", metavar="Qm.n", help="format of the membranes (Q8.4)")
    add_streams_options(verb.add_argument_group(
        "for the stochastic engine",
        "With one of these, the network is trained on bitstreams, with the errors that they have.",
    ))
    verb.set_defaults(verb=verbs.train, command="train")

    verb = commands.add_parser("emit", help="write Verilog of registered cores, or of a network")
    verb.add_argument("core", nargs="?", help="a core (see `spikewright cores`), or a .spw file")
    verb.add_argument("--all", action="store_true", help="every preset of every core")
    verb.add_argument("--preset", help="one preset of the core (default: all of them)")
    verb.add_argument(
        "-o", "--output", type=path, default=Path("build/verilog"), metavar="FOLDER",
        help="where to (%(default)s)",
    )
    add_engine_options(verb)
    verb.set_defaults(verb=verbs.emit, command="emit")

    verb = commands.add_parser("build", help="build the bitstream of a .spw network")
    verb.add_argument("model", type=path, metavar="FILE", help="the .spw network")
    add_board_options(verb, boards=list(spw.BOARDS))
    add_engine_options(verb)
    verb.set_defaults(verb=verbs.build, command="build")


def _of_results(commands) -> None:
    """Add the commands that show or write results."""
    verb = commands.add_parser("report", help="print a stored report, or list those there are")
    verb.add_argument("name", nargs="?", help="name of the report, such as run")
    verb.set_defaults(verb=verbs.report, command="report")

    verb = commands.add_parser("resources", help="size and speed of every core on every family")
    verb.add_argument(
        "core", nargs="?", help="one core, or a .spw file; the table in docs then stays"
    )
    add_engine_options(verb)
    verb.set_defaults(verb=verbs.resources, command="resources")

    verb = commands.add_parser("pages", help="draw the neurons' responses, and fill in their pages")
    verb.add_argument("neuron", nargs="?", help="one neuron only (default: all)")
    verb.set_defaults(verb=verbs.pages, command="pages")


def _of_benches(commands) -> None:
    """Add the comparisons."""
    verb = commands.add_parser("bench", help="compare on one task")
    benches = verb.add_subparsers(required=True, metavar="WHAT")
    bench = benches.add_parser(
        "neurons", help="train every neuron alike: accuracy, time, size, quantised too"
    )
    bench.add_argument("--neuron", metavar="NAME", help="one neuron only (default: all)")
    bench.add_argument(
        "--seeds", type=seed, nargs="+", default=[0, 1, 2], metavar="N",
        help="seeds to train (default: 0 1 2)",
    )
    bench.add_argument(
        "--epochs", type=count, metavar="N", help="epochs in real numbers (default: 20)"
    )
    bench.add_argument(
        "--pages", action="store_true", help="write the table of docs/neurons.md"
    )
    bench.set_defaults(verb=verbs.bench_neurons, command="bench neurons")
    bench = benches.add_parser(
        "stochastic", help="the stochastic engine: accuracy, speed, faults, streams stopped early"
    )
    bench.add_argument(
        "--data", type=path, metavar="FOLDER",
        help="folder of MNIST's files, or the one above it (default: that in SPIKEWRIGHT_DATA)",
    )
    bench.add_argument(
        "--seeds", type=seed, nargs="+", default=[0, 1, 2], metavar="N",
        help="seeds to train; MNIST has the first (default: 0 1 2)",
    )
    bench.add_argument(
        "--epochs", type=count, metavar="N", help="epochs in real numbers (default: by the task)"
    )
    bench.add_argument(
        "--pages", action="store_true", help="write docs/stochastic_engine.md's tables, pictures"
    )
    bench.set_defaults(verb=verbs.bench_stochastic, command="bench stochastic")

    bench = benches.add_parser(
        "training", help="the training's settings, on folds of the training part alone"
    )
    bench.add_argument(
        "--pages", action="store_true", help="write the table of docs/training.md"
    )
    bench.set_defaults(verb=verbs.bench_training, command="bench training")


def _of_cores(commands) -> None:
    """Add the commands about cores and tools."""
    verb = commands.add_parser("cores", help="list the registered cores")
    verb.add_argument(
        "--plain", action="store_true",
        help="a line for each, its columns separated by tabs (default where there is no terminal)",
    )
    verb.set_defaults(verb=verbs.cores, command="cores")

    verb = commands.add_parser(
        "doctor", help="which tools were found, and what a missing one costs"
    )
    verb.set_defaults(verb=verbs.doctor, command="doctor")

    verb = commands.add_parser(
        "new-core", help="lay out the files of a new core, or of a neuron given by its equations"
    )
    verb.add_argument("name", help="its name: the stem of all its files")
    verb.add_argument("--family", help="its folder (stochastic.arithmetic; a neuron's is neuron)")
    add_neuron_options(verb)
    verb.set_defaults(verb=verbs.new_core, command="new-core")
