"""The highest clock that a design closes with a margin: found by building it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from spikewright_hw.checks import pathlike, real
from spikewright_hw.engine.design import Design
from spikewright_hw.network import Network

from ..errors import OvertimeError
from ..files import write_json
from ..json_text import read_json
from ..quantized.network import QuantizedNetwork
from .bitstream import Bitstream, build_bitstream
from .board import DEFAULT_BOARD, Board, board_named
from .built import REPORT
from .closing import LIMIT_S, SEEDS, ClockMissed

__all__ = ["MARGIN", "TRIES", "HighestClock", "Try", "build_at_highest_clock"]

MARGIN = 1.05
"""The highest frequency of a design, at the slow corner, is at least its clock times this: for the
jitter of the loop, and for delays that the open tools' data has wrong."""

TRIES = 4
"""Clocks that are tried at most."""


@dataclass(frozen=True, kw_only=True)
class Try:
    """A clock that was tried.

    Parameters
    ----------
    clock_mhz : float
        What was asked for.
    reached_mhz : float
        The highest frequency after the routing; or, where the clock was missed, what the design can
        have as far as is known.
    closed : bool
        Whether it was routed and met that clock.
    """

    clock_mhz: float
    reached_mhz: float
    closed: bool


@dataclass(frozen=True, kw_only=True)
class HighestClock:
    """The bitstream of the highest clock, and how it was found.

    Parameters
    ----------
    bitstream : Bitstream
        At the chosen clock.
    board : Board
        The board at the chosen clock.
    tries : tuple of Try
        In their order, the first at the clock of the board that was given.
    """

    bitstream: Bitstream
    board: Board
    tries: tuple[Try, ...]

    def __str__(self) -> str:
        tried = ", ".join(
            f"{one.reached_mhz:.1f} for {one.clock_mhz:.9g}{'' if one.closed else ' (missed)'}"
            for one in self.tries
        )
        return (
            f"{self.bitstream.clock_mhz:.9g} MHz is the highest clock found that closes with a "
            f"margin of {MARGIN - 1:.0%}; reached, in MHz: {tried}"
        )


def build_at_highest_clock(
    network: Network | QuantizedNetwork,
    *,
    board: str | Board = DEFAULT_BOARD,
    design: Design | None = None,
    seeds: Sequence[int] = SEEDS,
    limit_s: float = LIMIT_S,
    build: str | Path = "build",
    progress: Callable[[str], None] = lambda step: None,
) -> HighestClock:
    """Build a network's bitstream at the highest clock that closes with :data:`MARGIN`.

    It is built at the board's clock first. From what that reaches follows the clock that is tried
    next, the highest that the board makes within the margin, and so on, up to :data:`TRIES` of
    them. What was tried is written into the report beside the bitstream.

    Parameters
    ----------
    network : Network or QuantizedNetwork
        What the board will run.
    board : str or Board
        One of :data:`~spikewright.gateware.board.BOARDS`, or its name; its clock is tried first.
    design : Design, optional
        The engine that it runs on; the event engine if not given.
    seeds : sequence of int
        Placer seeds, tried in this order until a clock is met.
    limit_s : float
        Seconds for the placing and routing, of all clocks together.
    build : str or Path
        Folder of everything generated.
    progress : callable
        Told, in a few words, of each step as it begins.

    Raises
    ------
    ClockMissed
        No clock that the board makes is met with the margin.
    ToolError, BuildError, DataError, ValueError
        As :func:`spikewright.build_bitstream` raises them.
    """
    board, build = board_named(board), pathlike("build", build)
    ends = time.monotonic() + real(0)("limit_s", limit_s)

    def built_at(chosen: Board) -> Bitstream:
        clock = f"{chosen.clock_hz / 1e6:.9g} MHz"
        return build_bitstream(
            network, board=chosen, design=design, seeds=seeds, build=build,
            limit_s=max(0.0, ends - time.monotonic()),
            progress=lambda step: progress(f"{clock}: {step}"),
        )

    found = _search(board, built_at)
    report = found.bitstream.path.parent / REPORT
    write_json(report, {
        **read_json(report),
        "clock_search": {
            "margin": MARGIN, "tries": [asdict(one) for one in found.tries],
            "chosen_mhz": found.bitstream.clock_mhz,
        },
    })
    return found


def _search(board: Board, built_at: Callable[[Board], Bitstream]) -> HighestClock:
    """Try one clock after the other; return the highest that closed with the margin."""
    best, tries, missed, below = None, [], None, None
    while len(tries) < TRIES:
        try:
            made = built_at(board)
            reached, closed = made.fmax_mhz, True
        except ClockMissed as error:
            made, missed, reached, closed = None, error, error.reach_mhz, False
        except OvertimeError:
            if best is None:
                raise
            break
        tries.append(Try(clock_mhz=board.clock_hz / 1e6, reached_mhz=reached, closed=closed))
        if made is not None and reached * 1e6 >= board.clock_hz * MARGIN:
            best = HighestClock(bitstream=made, board=board, tries=())
        else:
            below = board.clock_hz
        likely = [
            hz for hz in board.clocks_hz
            if hz * MARGIN <= reached * 1e6 and (below is None or hz < below)
            and (best is None or hz > best.board.clock_hz)
        ]
        if not likely:
            break
        board = board.at(likely[-1] / 1e6)
    if best is not None:
        return replace(best, tries=tuple(tries))
    if missed is not None:
        raise missed
    raise ClockMissed(
        f"the design reaches {tries[-1].reached_mhz:.1f} MHz on {board.title}, whose slowest "
        f"clock, {board.clocks_hz[0] / 1e6:.9g} MHz, does not leave a margin of {MARGIN - 1:.0%}",
        reach_mhz=tries[-1].reached_mhz, path=None,
    )
