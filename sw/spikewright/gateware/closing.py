"""Timing closure: place and route until a clock is met, or until it is clear that it will not be.

What is known of the outcome before the routing is nextpnr's own estimate, after the placing. It was
compared with the result for 70 placements of 24 designs on the ECP5, and for as many on the iCE40
UP5K: neurons in a harness, and a whole board. On the ECP5 the result was 0.86 to 1.11 of the
estimate, and the best seed's result at most 1.22 of the lowest seed's estimate; the 18 designs that
were estimated below 140 MHz gained 2 % at most. On the iCE40, 0.86 to 1.25 of the estimate. Results
of one design differed by up to 10 % between seeds. On Artix-7 the estimate is far below the result:
131.6 of 85.4 MHz, and 72.8 of 42.4 MHz of the digits' network (1.54 and 1.72 of the estimate), so
that no more than what is below half of the clock is given up (:attr:`.Family.gain`).

784-64-10 at 46.875 and at 45 MHz, which the usual router did not route, reached 0.83 of the
estimate with the other router, and 0.80 of the estimate that a clock of 80 MHz had given.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import BuildError, OvertimeError
from .board import Board
from .placement import LowEstimate, Placement, longest_packed_path, place
from .synthesis import Netlist
from .timing import Path as TimingPath
from .words import told

__all__ = ["LIMIT_S", "LOSS", "SEEDS", "ClockMissed", "Closing", "close", "over_seeds"]

SEEDS = (1, 2, 3, 4, 5)
"""Placer seeds, tried in this order until the clock is met."""

SPREAD = 1.1
"""No result is higher than that of any other seed times this."""

LOSS = 0.8
"""A clock of the estimate times this is likely to be met."""

LIMIT_S = 1200.0
"""Seconds for all seeds together."""


class ClockMissed(BuildError):
    """A design does not meet its clock.

    Parameters
    ----------
    message : str
    reach_mhz : float
        The clock that the design can have, as far as is known: the highest result, or what an
        estimate promises.
    path : Path, optional
        The slowest path.
    """

    def __init__(self, message: str, *, reach_mhz: float, path: TimingPath | None):
        super().__init__(message)
        self.reach_mhz = reach_mhz
        self.path = path


@dataclass(frozen=True, kw_only=True)
class Closing:
    """What is to be placed and routed, and how long it is tried.

    Parameters
    ----------
    netlist : Netlist
    constraints : str
        Pin constraints.
    board : Board
        Its part, and the clock to be met.
    clock : str
        What the net name of this clock contains; "" where it is the only one.
    seeds : sequence of int
        Placer seeds, tried in this order.
    limit_s : float
        Seconds for all of them together.
    build : Path
        Where results (``cache``) and logs (``logs``) go.
    """

    netlist: Netlist
    constraints: str
    board: Board
    clock: str = ""
    seeds: Sequence[int] = SEEDS
    limit_s: float = LIMIT_S
    build: Path = Path("build")


def close(work: Closing, progress: Callable[[str], None]) -> Placement:
    """Place and route, one seed after the other, until one meets the clock; return its placement.

    It is given up, and the rest of the seeds not tried, where an estimate or a result is so low
    that no other is known to have made up for as much, see :attr:`.Family.gain`; then nothing is
    routed.

    Raises
    ------
    ClockMissed
        The clock is not met; the message says by how much, and where the slowest path runs.
    OvertimeError
        Not a single placement was routed in this time.
    BuildError
        The design does not fit, or cannot be routed.
    """
    clock_mhz, gain = work.board.clock_hz / 1e6, work.board.family.gain
    ends = time.monotonic() + work.limit_s
    tried: list[Placement] = []
    for seed in work.seeds:
        progress(f"placing and routing, seed {seed}")
        try:
            placement = place(
                work.netlist, part=work.board.part, seed=seed, frequency_mhz=clock_mhz,
                constraints=work.constraints, least_mhz=clock_mhz / gain, clock=work.clock,
                limit_s=max(0.0, ends - time.monotonic()), build=work.build,
            )
        except LowEstimate as error:
            if tried:
                break
            raise _hopeless(work, seed, error.estimate_mhz) from error
        except OvertimeError as error:
            if tried:
                break
            raise OvertimeError(
                f"no placement was routed within {work.limit_s / 60:g} minutes; give it more "
                f"by limit_s= if the machine is busy, or take a smaller network: {error}"
            ) from error
        tried.append(placement)
        reached = placement.fmax_of(work.clock)
        if reached >= clock_mhz:
            return placement
        if reached * SPREAD < clock_mhz:
            break
    raise _missed(work, tried)


def over_seeds(
    work: Closing, number: int, progress: Callable[[str], None]
) -> dict[int, float]:
    """Place and route with each of the seeds from 1 on; return the highest clock in MHz of each.

    Nothing is given up for a low estimate, so that none is left out of a median.

    Raises
    ------
    OvertimeError
        One was not routed in the time for all.
    BuildError
        One cannot be routed.
    """
    ends, found = time.monotonic() + work.limit_s, {}
    for seed in range(1, number + 1):
        progress(f"placing and routing, seed {seed} of {number}")
        found[seed] = place(
            work.netlist, part=work.board.part, seed=seed, frequency_mhz=work.board.clock_hz / 1e6,
            constraints=work.constraints, least_mhz=0.0, clock=work.clock,
            limit_s=max(0.0, ends - time.monotonic()), build=work.build,
        ).fmax_of(work.clock)
    return found


def _hopeless(work: Closing, seed: int, estimate: float) -> ClockMissed:
    path = longest_packed_path(
        work.netlist, part=work.board.part, constraints=work.constraints, build=work.build
    )
    where = "" if path is None else f" The longest path before placing runs {told(path)}."
    return ClockMissed(
        f"the design is estimated to reach {estimate:.1f} MHz on {work.board.title}, whose clock "
        f"is {work.board.clock_hz / 1e6:g} MHz, and was not routed (seed {seed}; routing is "
        f"known to gain {work.board.family.gain - 1:.0%} at most).{where}",
        reach_mhz=LOSS * estimate, path=path,
    )


def _missed(work: Closing, tried: Sequence[Placement]) -> ClockMissed:
    best = max(tried, key=lambda placement: placement.fmax_of(work.clock))
    path = best.path_of(work.clock)
    names = ", ".join(str(placement.seed) for placement in tried)
    return ClockMissed(
        f"the design reaches {best.fmax_of(work.clock):.1f} MHz at best on {work.board.title}, "
        f"whose clock is {work.board.clock_hz / 1e6:g} MHz (seed{'s' * (len(tried) > 1)} {names})."
        f" The slowest path ({path.delay_ns:.1f} ns) runs {told(path)}.",
        reach_mhz=best.fmax_of(work.clock), path=path,
    )
