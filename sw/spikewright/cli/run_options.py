"""Options of a run on a board, and of its bitstream alone: for commands and boards' scripts."""

import argparse
from collections.abc import Sequence

import spikewright as spw

from .applies import check_options
from .options import (
    AUTO,
    HIGHEST,
    add_board_options,
    add_engine_options,
    add_probe_option,
    add_rate_option,
    board_of,
    design_of,
    one_or_more,
    probe_of,
    seed,
)
from .task_options import (
    NETWORK_OPTIONS,
    add_network_options,
    add_task_options,
    config_of,
    task_of,
    trained,
)
from .words import arguments_checked

__all__ = ["add_build_options", "add_run_options", "run_options"]


def add_run_options(parser: argparse.ArgumentParser, *, boards: Sequence[str]) -> None:
    """Add the options of a run on a board; ``boards`` are the names to choose from."""
    _add_common_options(parser, boards=boards)
    add = parser.add_argument
    add(
        "--port",
        default="virtual",
        metavar="PATH",
        help="serial port of a real board, such as /dev/ttyUSB0, or 'virtual' (%(default)s): the "
        "board top simulated by Verilator",
    )
    add_rate_option(parser)
    add(
        "--samples", type=one_or_more, metavar="N",
        help="run the first N samples of the test split alone (default: all)",
    )
    add("--build-only", action="store_true", help="stop when the bitstream is written")
    add(
        "--no-bitstream", action="store_true",
        help="build none; the report then has no size and no highest clock frequency",
    )
    add(
        "--seed", type=seed, action="append", metavar="N",
        help="seed to train; may be repeated, the first is run (default: 0, 1 and 2)",
    )
    add_probe_option(parser, what="measure the power of the real board after its samples")
    parser.set_defaults(command="run", no_saturation=False, demo=None, placements=None)


def add_build_options(parser: argparse.ArgumentParser, *, boards: Sequence[str]) -> None:
    """Add the options of a bitstream alone; :func:`run_options` reads them, too."""
    _add_common_options(parser, boards=boards)
    parser.add_argument("--seed", type=seed, nargs=1, metavar="N", help="seed to train (0)")
    parser.set_defaults(
        build_only=True, no_bitstream=False, port="virtual", samples=None, probe=None, rate=AUTO
    )


def _add_common_options(parser: argparse.ArgumentParser, *, boards: Sequence[str]) -> None:
    add_board_options(parser, boards=boards)
    add_task_options(parser)
    add_network_options(parser, file=True)
    add_engine_options(parser, fit=True)
    loading = parser.add_mutually_exclusive_group()
    loading.add_argument(
        "--load", dest="load", action="store_const", const="load",
        help="load the bitstream into the board when it is built; power off, and it is gone",
    )
    loading.add_argument(
        "--flash", dest="load", action="store_const", const="flash",
        help="write the bitstream into the board's flash memory",
    )


def run_options(options: argparse.Namespace, *, command: str) -> "spw.RunOptions":
    """Return what the options of a run ask for.

    ``options`` is what :func:`~spikewright.cli.applies.parsed` made.

    Raises
    ------
    SpikewrightError
        An option would be ignored, or is out of its range; or there is no such task.
    """
    check_options(options)
    board, design = board_of(options), design_of(options)
    network = options.network if trained(options) else None
    task = task_of(options)
    chosen = options.given & {"network", *NETWORK_OPTIONS}
    config = None
    if network is None and chosen:
        config = config_of(options, spw.load_task() if task is None else task)
    with arguments_checked(options.flags):
        return spw.RunOptions(
            task=task,
            network=network,
            config=config,
            board=board,
            port=options.port,
            rate=options.rate,
            seeds=tuple(options.seed or (0, 1, 2)),
            samples=options.samples,
            design=design,
            fit=options.fit,
            demo=options.demo,
            placements=options.placements or 0,
            build_only=options.build_only,
            allow_saturation=not options.no_saturation,
            bitstream=not options.no_bitstream,
            load=options.load,
            probe=probe_of(options),
            highest_clock=options.clock == HIGHEST,
            limit_s=60 * options.limit,
            command=command,
        )
