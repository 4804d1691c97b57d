"""Benchmarks of ``spikewright neurobench`` for which networks are trained."""

import argparse

import spikewright as spw

from ..benchmark_run import run_from_options
from ..options import count, counts, frequency, path, seed, share

__all__ = ["add_tasks"]


def add_tasks(benches) -> None:
    """Add the benchmarks."""
    _add_mackey_glass(benches)
    _add_cart_pole(benches)
    _add_detection(benches)
    _add_asc(benches)
    _add_primate_reaching(benches)
    _add_keyword_fscil(benches)


def _add_mackey_glass(benches) -> None:
    bench = benches.add_parser(
        "mackey-glass", help="forecasts of chaotic series, beside the leaderboard",
        description="A forecaster is trained for each repeat of each series, and forecasts on "
        "from its own answers. By the integer reference, and on a virtual board.",
    )
    add = bench.add_argument
    add("--tau", type=counts, metavar="N[,N...]", help="delays of the series (17 to 30)")
    add("--repeats", type=count, default=30, metavar="N", help="of each series (%(default)s)")
    add(
        "--on-board", type=count, default=100, metavar="N",
        help="forecasts of a virtual board, which takes a minute to compile; 0: none "
        "(%(default)s)",
    )
    add("--pages", action="store_true", help="write the tables of docs/mackey_glass.md, too")
    bench.set_defaults(verb=mackey_glass, command="neurobench mackey-glass")


def mackey_glass(options: argparse.Namespace) -> None:
    """Forecast the series."""
    run_from_options(
        options, spw.MackeyGlassBenchmark, named={"taus": "tau"}, taus=_several(options.tau)
    )


def _add_cart_pole(benches) -> None:
    bench = benches.add_parser(
        "cart-pole", help="closed loop: a pole that a spiking network keeps upright",
        description="A controller is trained and balances the pole, by the integer reference and "
        "by its own decisions on a board. The plant is simulated on this machine.",
    )
    add = bench.add_argument
    add("--step", type=counts, metavar="MS[,MS...]", help="lengths of a control step (1,20)")
    add("--episodes", type=count, default=10, metavar="N", help="of each length (%(default)s)")
    add("--seed", type=seed, default=0, metavar="N", help="of the training (%(default)s)")
    add(
        "--board", default="virtual", metavar="NAME",
        help="virtual, which takes a minute to compile; none; or the name of a real one at --port, "
        "which holds the network (%(default)s)",
    )
    add("--port", metavar="PATH", help="serial port of a real board, such as /dev/ttyUSB0")
    add("--pages", action="store_true", help="write the tables of docs/cart_pole.md, too")
    bench.set_defaults(verb=cart_pole, command="neurobench cart-pole")


def cart_pole(options: argparse.Namespace) -> None:
    """Balance the pole."""
    run_from_options(
        options, spw.CartPoleBenchmark, named={"steps_ms": "step"}, steps_ms=_several(options.step)
    )


def _several(numbers: "int | tuple[int, ...] | None") -> "tuple[int, ...] | None":
    """Return one number as several."""
    return (numbers,) if isinstance(numbers, int) else numbers


def _add_detection(benches) -> None:
    bench = benches.add_parser(
        "detection", help="boxes around shapes before an event camera, a rehearsal",
        description="A network of convolutions is trained on made scenes, and its boxes are judged "
        "by pycocotools. By the integer reference, and on a virtual board.",
    )
    add = bench.add_argument
    add("--scenes", type=count, default=2000, metavar="N", help="to train (%(default)s)")
    add("--tested", type=count, default=300, metavar="N", help="further ones (%(default)s)")
    add(
        "--network", default="12C3p1-P2-24C3p1-P2-32C3p1-P2-6C3p1", metavar="NAME",
        help="short name of the whole network, which ends in a map of 4 by 4 of 6 channels "
        "(%(default)s)",
    )
    add("--epochs", type=count, default=20, metavar="N", help="in real numbers (%(default)s)")
    add("--seed", type=seed, default=0, metavar="N", help="of scenes and training (%(default)s)")
    add(
        "--on-board", type=count, default=20, metavar="N",
        help="scenes of a virtual board, which takes a minute to compile; 0: none (%(default)s)",
    )
    add("--pages", action="store_true", help="write the tables of docs/detection.md, too")
    bench.set_defaults(verb=detection, command="neurobench detection")


def detection(options: argparse.Namespace) -> None:
    """Detect moving shapes."""
    run_from_options(options, spw.DetectionBenchmark)


def _add_asc(benches) -> None:
    bench = benches.add_parser(
        "asc", help="acoustic scenes, or a rehearsal on other sounds",
        description="A network behind the filter bank is chosen by folds, learned, and tested in "
        "integers. "
        "Simulated: cycles of the gateware over --clock; energies are an estimate (docs/asc.md).",
    )
    add = bench.add_argument
    add(
        "--rehearsal", metavar="NAME",
        help="other sounds in the place of the benchmark's: esc10 or fsdd",
    )
    add(
        "--folder", type=path, metavar="DIR",
        help="folder of the sounds, or the one above it (default: that in SPIKEWRIGHT_DATA)",
    )
    add("--per-class", type=count, metavar="N", help="training sounds of each class (all)")
    add("--seed", type=seed, default=0, metavar="N", help="of the sounds' copies (%(default)s)")
    add("--clock", type=frequency, default=12.0, metavar="MHZ", help="assumed (%(default)g)")
    add("--pages", action="store_true", help="write the table of docs/asc.md, too")
    bench.set_defaults(verb=asc, command="neurobench asc")


def asc(options: argparse.Namespace) -> None:
    """Tell acoustic scenes apart."""
    run_from_options(
        options, spw.AscBenchmark, named={"clock_hz": "clock"}, clock_hz=options.clock * 1e6
    )


def _add_primate_reaching(benches) -> None:
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
    run_from_options(options, spw.PrimateReachingBenchmark, named={"recordings": "recording"})


def _add_keyword_fscil(benches) -> None:
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
    run_from_options(options, spw.KeywordBenchmark)
