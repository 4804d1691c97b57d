"""Options of a run on a board, shared by ``spikewright run`` and the scripts of the boards."""

import argparse
from collections.abc import Sequence

import spikewright as spw

from .applies import check_options
from .options import add_board_options, add_engine_options, board_of, count, design_of, seed
from .task_options import (
    NETWORK_OPTIONS,
    add_network_options,
    add_task_options,
    config_of,
    task_of,
    trained,
)
from .words import arguments_checked

__all__ = ["add_run_options", "run_options"]


def add_run_options(parser: argparse.ArgumentParser, *, boards: Sequence[str]) -> None:
    """Add the options of a run on a board; ``boards`` are the names to choose from."""
    add_board_options(parser, boards=boards)
    parser.add_argument(
        "--port",
        default="virtual",
        metavar="PATH",
        help="serial port of a real board, such as /dev/ttyUSB0, or 'virtual' (%(default)s): the "
        "board top simulated by Verilator",
    )
    parser.add_argument(
        "--samples", type=count, metavar="N",
        help="run the first N samples of the test split alone (default: all)",
    )
    parser.add_argument(
        "--build-only", action="store_true", help="stop when the bitstream is written"
    )
    parser.add_argument(
        "--no-bitstream", action="store_true",
        help="build none; the report then has no size and no highest clock frequency",
    )
    parser.set_defaults(command="run")
    add_task_options(parser)
    add_network_options(parser, file=True)
    add_engine_options(parser)
    parser.add_argument(
        "--seed",
        type=seed,
        action="append",
        metavar="N",
        help="seed to train; may be repeated, the first is run (default: 0, 1 and 2)",
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
            seeds=tuple(options.seed or (0, 1, 2)),
            samples=options.samples,
            design=design,
            build_only=options.build_only,
            bitstream=not options.no_bitstream,
            limit_s=60 * options.limit,
            command=command,
        )
