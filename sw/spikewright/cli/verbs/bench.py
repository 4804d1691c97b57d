"""``spikewright bench``: comparisons on one task."""

import argparse

import spikewright as spw

from ...errors import SpikewrightError
from ..applies import SEEDED_TABLES, SEEDED_TASKS
from ..benchmark_run import run_from_options
from ..options import add_rate_option, count, minutes, one_or_more, path, seed
from ..task_options import add_task_options, task_of
from ..words import arguments_checked, command_told

__all__ = ["add"]

#: Tables of a training's settings beside the defaults.
_ON_FOLDS = ("codings", "grids")


def add(commands) -> None:
    """Add the command with the comparisons that there are."""
    verb = commands.add_parser("bench", help="compare on one task")
    benches = verb.add_subparsers(required=True, metavar="WHAT")
    _add_engine(benches)
    _add_boards(benches)
    _add_heartbeats(benches)
    _add_link(benches)
    _add_neurons(benches)
    _add_reference(benches)
    _add_sizes(benches)
    _add_stochastic(benches)
    _add_training(benches)


def _add_engine(benches) -> None:
    bench = benches.add_parser(
        "engine", help="the event engine's targets, and what it reaches: a row for each"
    )
    add = bench.add_argument
    add(
        "--row", nargs="+", default=[], metavar="NAME",
        help="rows to work out again (default: all that are not known yet)",
    )
    add(
        "--folder", type=path, metavar="DIR",
        help="folder of MNIST and Fashion-MNIST (default: that in SPIKEWRIGHT_DATA)",
    )
    add(
        "--seeds", type=seed, nargs="+", default=[0], metavar="N",
        help="seeds to train, for the spread of accuracies (default: 0)",
    )
    add(
        "--pnr-seeds", type=seed, nargs="+", default=list(range(1, 11)), metavar="N",
        help="seeds of the placer, whose median counts (default: 1 to 10)",
    )
    add(
        "--samples", type=one_or_more, default=100, metavar="N",
        help="images that the gateware is simulated for (%(default)s)",
    )
    add("--pages", action="store_true", help="write the tables of docs/bench_engine.md")
    bench.set_defaults(verb=engine, command="bench engine")


def engine(options: argparse.Namespace) -> None:
    """Work out rows of the event engine's targets."""
    spw.bench_engine(
        *options.row, folder=options.folder, seeds=options.seeds, pnr_seeds=options.pnr_seeds,
        samples=options.samples, pages=options.pages,
    )


def _add_boards(benches) -> None:
    bench = benches.add_parser(
        "boards", help="one network on a virtual board of each family, side by side"
    )
    bench.add_argument(
        "--board", nargs="+", metavar="NAME",
        help="boards to compare (default: iCEBreaker, ULX3S, Arty A7, Tang Nano 20K)",
    )
    bench.add_argument(
        "--samples", type=one_or_more, metavar="N", help="first test samples (default: all)"
    )
    bench.add_argument(
        "--network", type=path, metavar="FILE",
        help="a .spw network for the task (default: one is trained, with seed 0)",
    )
    bench.add_argument(
        "--place", action="store_true",
        help="build each board's bitstream, too, for its size and highest clock; minutes",
    )
    bench.add_argument(
        "--limit", type=minutes, default=20.0, metavar="MINUTES",
        help="for placing and routing one bitstream (%(default)g)",
    )
    bench.add_argument(
        "--pages", action="store_true", help="write the table of docs/boards_compared.md, too"
    )
    add_task_options(bench)
    bench.set_defaults(verb=boards, command="bench boards")


def boards(options: argparse.Namespace) -> None:
    """Run one network on virtual boards."""
    named = {} if options.board is None else {"boards": options.board}
    with arguments_checked({**options.flags, "board": "--board"}):
        for name in options.board or ():  # before a data set is read
            spw.board_named(name)
    network = None if options.network is None else spw.read(options.network)
    with arguments_checked({**options.flags, "boards": "--board", "board": "--board"}):
        spw.bench_boards(
            network, task=task_of(options), samples=options.samples,
            place=options.place, limit_s=60 * options.limit, pages=options.pages,
            command=command_told(), **named,
        )


def _add_heartbeats(benches) -> None:
    bench = benches.add_parser(
        "heartbeats", help="MIT-BIH on a small FPGA, between patients and at random",
        description="Networks are trained, tested in integers, and one of them on a virtual "
        "iCEBreaker. Simulated: energies are an estimate (docs/heartbeats.md).",
    )
    add = bench.add_argument
    add("--split", default="patients", metavar="NAME", help="patients or random (%(default)s)")
    add(
        "--anomaly", action="store_true",
        help="two classes, normal beats and all others, in the place of the five of AAMI",
    )
    add(
        "--held-out", action="store_true",
        help="ask parts of the training part, each of networks that learned the others",
    )
    add(
        "--folder", type=path, metavar="DIR",
        help="folder of the records, or the one above it (default: that in SPIKEWRIGHT_DATA)",
    )
    add("--hidden", type=count, default=32, metavar="N", help="hidden neurons (%(default)s)")
    add(
        "--seeds", type=seed, nargs="+", default=[0, 1, 2, 3, 4], metavar="N",
        help="seeds to train (default: 0 to 4)",
    )
    add(
        "--on-board", type=count, default=100, metavar="N",
        help="test beats that a virtual board is asked; 0: none (%(default)s)",
    )
    add("--place", action="store_true", help="build the bitstream, too; minutes, the first time")
    add("--pages", action="store_true", help="write the table of docs/heartbeats.md")
    bench.set_defaults(verb=heartbeats, command="bench heartbeats")


def heartbeats(options: argparse.Namespace) -> None:
    """Tell heartbeats apart."""
    run_from_options(options, spw.HeartbeatBenchmark)


def _add_link(benches) -> None:
    bench = benches.add_parser(
        "link", help="the link to a board, with noise, spoiled frames, a pulled cable, flipped bits"
    )
    bench.add_argument(
        "--inferences", type=one_or_more, default=10_000, metavar="N",
        help="inferences at each rate of spoiled frames (%(default)s)",
    )
    bench.add_argument(
        "--noise", type=one_or_more, default=1_000_000, metavar="N",
        help="random bytes that are sent (%(default)s)",
    )
    bench.add_argument(
        "--flips", type=one_or_more, default=200, metavar="N",
        help="bits of weights that are flipped, one at a time, and as many of all memories "
        "of the engine (%(default)s)",
    )
    bench.add_argument("--seed", type=seed, metavar="N", help="of all that is random (drawn)")
    add_rate_option(bench)
    bench.set_defaults(verb=link, command="bench link")


def link(options: argparse.Namespace) -> None:
    """Try the link of a virtual board."""
    spw.bench_link(
        inferences=options.inferences, noise=options.noise, flips=options.flips, seed=options.seed,
        rate=options.rate,
    )


def _add_neurons(benches) -> None:
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
    bench.set_defaults(verb=neurons, command="bench neurons")


def neurons(options: argparse.Namespace) -> None:
    """Compare the neurons."""
    spw.bench_neurons(
        options.neuron, seeds=options.seeds, epochs=options.epochs, pages=options.pages
    )


def _add_reference(benches) -> None:
    bench = benches.add_parser(
        "reference", help="images per second of the integer reference, on named networks"
    )
    bench.add_argument(
        "--samples", type=one_or_more, default=2048, metavar="N",
        help="images that are run at once (%(default)s)",
    )
    bench.add_argument(
        "--pages", action="store_true", help="write the table of docs/training.md"
    )
    bench.set_defaults(verb=reference, command="bench reference")


def reference(options: argparse.Namespace) -> None:
    """Time the integer reference."""
    spw.bench_reference(samples=options.samples, pages=options.pages)


def _add_sizes(benches) -> None:
    bench = benches.add_parser(
        "sizes", help="build networks for several parts, which `spikewright estimate` is fitted to"
    )
    bench.add_argument(
        "--board", nargs="+", default=[], metavar="NAME",
        help="boards, of different families (default: one of each)",
    )
    bench.set_defaults(verb=sizes, command="bench sizes")


def sizes(options: argparse.Namespace) -> None:
    """Measure the sizes that estimates are fitted to."""
    with arguments_checked({**options.flags, "board": "--board"}):
        spw.bench_sizes(*options.board)


def _add_stochastic(benches) -> None:
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
    bench.set_defaults(verb=stochastic, command="bench stochastic")


def stochastic(options: argparse.Namespace) -> None:
    """Compare the stochastic engine's settings."""
    spw.bench_stochastic(
        data=options.data, seeds=options.seeds, epochs=options.epochs, pages=options.pages
    )


def _add_training(benches) -> None:
    bench = benches.add_parser(
        "training",
        help="what a training chooses among, cells, delays, encoders, conversion, networks, "
        "frameworks; its speed",
    )
    add = bench.add_argument
    add(
        "--table", default="settings", metavar="NAME",
        choices=("settings", *_ON_FOLDS, *SEEDED_TABLES, "speed"),
        help=f"on folds of the digits' training part: settings, {', '.join(_ON_FOLDS)}; over "
        f"seeds: {', '.join(SEEDED_TABLES)}; or speed, beside other frameworks (%(default)s)",
    )
    add("--folds", type=count, default=5, metavar="N", help="at least 2 (%(default)s)")
    add(
        "--task", default="digits", metavar="NAME",
        help=f"images to compare on over seeds: {', '.join(SEEDED_TASKS)} (%(default)s)",
    )
    add(
        "--folder", type=path, metavar="DIR",
        help="folder of its files, or the one above it (default: that in SPIKEWRIGHT_DATA)",
    )
    add(
        "--seeds", type=seed, nargs="+", default=[0, 1, 2, 3, 4], metavar="N",
        help="seeds to train (default: 0 to 4)",
    )
    add(
        "--row", nargs="+", default=[], metavar="TEXT",
        help="over seeds, rows to train by a part of their names (default: all); of the others "
        "what was kept is shown",
    )
    add(
        "--epochs", type=count, metavar="N",
        help="in real numbers (default: on folds 160, over seeds 20)",
    )
    add("--pages", action="store_true", help="write the tables of docs/training.md")
    bench.set_defaults(verb=training, command="bench training")


def training(options: argparse.Namespace) -> None:
    """Compare the training's settings, trainings over seeds, or steps of it with other ones."""
    if options.table == "speed":
        spw.bench_training_speed(rounds=15, pages=options.pages)
        return
    given = {} if options.epochs is None else {"epochs": options.epochs}
    if options.table in SEEDED_TABLES:
        if options.task not in SEEDED_TASKS:
            raise SpikewrightError(
                f"--task is {options.task!r}; there are {', '.join(SEEDED_TASKS)}, because these "
                "tables are of images with a label each"
            )
        with arguments_checked({**options.flags, "name": "--task"}):
            task = spw.load_task(options.task, folder=options.folder)
        with arguments_checked({**options.flags, "name": "--table", "only": "--row"}):
            spw.bench_training_seeds(
                options.table, task=task, seeds=options.seeds, only=options.row,
                pages=options.pages, **given
            )
        return
    with arguments_checked({**options.flags, "name": "--table"}):
        spw.bench_training(
            table=options.table, folds=options.folds, pages=options.pages, **given
        )
