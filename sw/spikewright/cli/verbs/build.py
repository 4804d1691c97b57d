"""``spikewright build``: the bitstream of a network."""

import argparse

import spikewright as spw

from ..options import add_board_options, add_engine_options, board_of, design_of, path

__all__ = ["add"]


def add(commands) -> None:
    """Add the command and its options."""
    verb = commands.add_parser("build", help="build the bitstream of a .spw network")
    verb.add_argument("network", type=path, metavar="FILE", help="the .spw network")
    add_board_options(verb, boards=list(spw.BOARDS))
    add_engine_options(verb)
    verb.add_argument(
        "--no-saturation", action="store_true",
        help="first refuse a network with a state that can end at its format, for any input",
    )
    verb.set_defaults(verb=build, command="build")


def build(options: argparse.Namespace) -> None:
    """Build the bitstream of a network."""
    from ...job.stages import Stages

    board, design = board_of(options), design_of(options)
    network = spw.read(options.network)
    if options.no_saturation:
        spw.check_saturation(network, allow_saturation=False)
    with Stages() as stages, stages.stage(f"Bitstream for {board.title}") as tell:
        bitstream = spw.build_bitstream(
            network, board=board, design=design, limit_s=60 * options.limit, progress=tell
        )
    print(bitstream.path)
