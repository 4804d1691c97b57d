"""The main job at the highest clock that its network closes."""

from dataclasses import replace

from ..errors import BuildError
from ..gateware.highest_clock import HighestClock, build_at_highest_clock
from ..quantized.network import QuantizedNetwork
from .progress import JobProgress
from .run_options import RunOptions

__all__ = ["at_highest_clock", "try_highest_clock"]


def at_highest_clock(
    network: QuantizedNetwork, options: RunOptions, progress: JobProgress
) -> HighestClock:
    """Build the bitstream at the highest clock, and print which that is."""
    with progress.part(f"Highest clock of {options.board.title}") as tell:
        found = build_at_highest_clock(
            network, board=options.board, design=options.design, limit_s=options.limit_s,
            build=options.build, progress=tell,
        )
    progress.console.print(str(found), soft_wrap=True, highlight=False)
    return found


def try_highest_clock(
    network: QuantizedNetwork, options: RunOptions, progress: JobProgress
) -> tuple[HighestClock | None, RunOptions]:
    """Return the bitstream at the highest clock, and what is asked for at that clock.

    None, and at the board's clock, where none is asked for or none is met: the rest of a run needs
    no bitstream.
    """
    if not (options.highest_clock and options.bitstream):
        return None, options
    try:
        found = at_highest_clock(network, options, progress)
    except BuildError as error:
        progress.console.print(f"No highest clock: {error}", soft_wrap=True, highlight=False)
        return None, options
    return found, replace(options, board=found.board)
