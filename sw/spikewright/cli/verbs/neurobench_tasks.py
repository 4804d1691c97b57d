"""Tasks of ``spikewright neurobench`` that are trained on recordings, or on made ones."""

import argparse

import spikewright as spw

from ..options import count, path, seed, share
from ..words import arguments_checked, command_told, options_named

__all__ = ["add_keyword_fscil", "add_primate_reaching"]


def add_primate_reaching(benches) -> None:
    """Add the decoding of a hand's velocity."""
    bench = benches.add_parser(
        "primate-reaching", help="a hand's velocity from spikes of motor cortex",
        description="A network is trained for each recording and seed, decodes the test part in "
        "integers, and some of it on a virtual board of a small FPGA.",
    )
    add = bench.add_argument
    add(
        "--synthetic", action="store_true",
        help="made recordings with a known best, one a seed, in the place of the benchmark's",
    )
    add(
        "--recording", nargs="+", metavar="NAME",
        help="of the benchmark's, such as indy_20160622_01 (all six)",
    )
    add(
        "--folder", type=path, metavar="DIR",
        help="folder of the .mat files, or the one above it (default: that in SPIKEWRIGHT_DATA)",
    )
    add(
        "--train-share", type=share, default=0.5, metavar="S",
        help="reaches that are trained on; half of the others are the test part (%(default)g)",
    )
    add(
        "--seeds", type=seed, nargs="+", default=[0, 1, 2, 3, 4], metavar="N",
        help="seeds to train (default: 0 to 4)",
    )
    add("--epochs", type=count, default=30, metavar="N", help="in real numbers (%(default)s)")
    add(
        "--on-board", type=count, default=100, metavar="N",
        help="bins that a virtual board decodes, which takes a minute to compile; 0: none "
        "(%(default)s)",
    )
    add("--place", action="store_true", help="build the bitstream, too; minutes, the first time")
    add("--pages", action="store_true", help="write the tables of docs/primate_reaching.md, too")
    bench.set_defaults(verb=primate_reaching, command="neurobench primate-reaching")


def primate_reaching(options: argparse.Namespace) -> None:
    """Decode how a hand moves."""
    with arguments_checked({**options.flags, "recordings": "--recording"}):
        benchmark = spw.PrimateReachingBenchmark(
            synthetic=options.synthetic, recordings=options.recording, folder=options.folder,
            train_share=options.train_share, seeds=options.seeds, epochs=options.epochs,
            on_board=options.on_board, place=options.place,
        )
    with options_named(options.flags):
        spw.neurobench_primate_reaching(
            benchmark, command=command_told(), pages=options.pages
        )


def add_keyword_fscil(benches) -> None:
    """Add the learning of words from a few recordings."""
    bench = benches.add_parser(
        "keyword-fscil", help="words learned from a few recordings, in sessions",
        description="A network is trained on the base words; words of later sessions become "
        "prototypes, columns of weights of its readout. By the integer reference, and on a virtual "
        "board.",
    )
    add = bench.add_argument
    add(
        "--rehearsal", action="store_true",
        help="spoken digits, 6 and then two sessions of 2, in the place of the benchmark's words",
    )
    add(
        "--folder", type=path, metavar="DIR",
        help="folder of the recordings, or the one above it (default: that in SPIKEWRIGHT_DATA)",
    )
    add("--shots", type=count, default=5, metavar="N", help="of each new word (%(default)s)")
    add(
        "--repeats", type=count, default=10, metavar="N",
        help="runs through the sessions, each in an order of its own (%(default)s)",
    )
    add("--epochs", type=count, default=30, metavar="N", help="in real numbers (%(default)s)")
    add("--seed", type=seed, default=0, metavar="N", help="of the training (%(default)s)")
    add(
        "--on-board", type=count, default=20, metavar="N",
        help="recordings of each session that a virtual board is asked, which takes a minute or "
        "two to compile; 0: none (%(default)s)",
    )
    add("--pages", action="store_true", help="write the tables of docs/keyword_fscil.md, too")
    bench.set_defaults(verb=keyword_fscil, command="neurobench keyword-fscil")


def keyword_fscil(options: argparse.Namespace) -> None:
    """Learn words in sessions."""
    with arguments_checked(options.flags):
        benchmark = spw.KeywordBenchmark(
            rehearsal=options.rehearsal, folder=options.folder, shots=options.shots,
            repeats=options.repeats, epochs=options.epochs, seed=options.seed,
            on_board=options.on_board,
        )
    with options_named(options.flags):
        spw.neurobench_keyword_fscil(
            benchmark, command=command_told(), pages=options.pages
        )
