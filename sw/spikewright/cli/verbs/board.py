"""``spikewright board``: a virtual board that is left running."""

import argparse
import time

import spikewright as spw

from ..options import add_engine_options, board_of, design_of, frequency, path

__all__ = ["add"]

#: Seconds between two looks at whether it still runs.
_LOOK_S = 0.5


def add(commands) -> None:
    """Add the command and its options."""
    verb = commands.add_parser(
        "board", help="leave a virtual board running that any program opens as a serial port"
    )
    add = verb.add_argument
    add(
        "--virtual", required=True, metavar="NAME",
        help="the board that it stands for, see `spikewright boards`",
    )
    add("--model", type=path, required=True, metavar="FILE", help="the .spw network that it holds")
    add("--clock", type=frequency, metavar="MHZ", help="its clock (default: the board's)")
    add_engine_options(verb)
    verb.set_defaults(verb=board, command="board", boards=tuple(spw.BOARDS))


def board(options: argparse.Namespace) -> None:
    """Run the board until it is interrupted."""
    options.board = options.virtual
    options.flags = {**options.flags, "board": "--virtual"}
    chosen, design = board_of(options), design_of(options)
    with spw.virtual_port(options.model, board=chosen, design=design) as running:
        print(
            f"{chosen.title}, virtual, at {chosen.clock_hz / 1e6:g} MHz, is at {running.port}; "
            "Ctrl-C ends it.",
            flush=True,
        )
        while not (trouble := running.trouble()):
            time.sleep(_LOOK_S)
    raise spw.DeviceError(f"the virtual board {trouble}")
