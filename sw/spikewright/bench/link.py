"""``spikewright bench link``: whether the link between host and board loses or garbles anything.

A virtual board holds a small network; what it answers is known. Bytes of noise are sent, frames are
spoiled on the way, the cable is pulled, the board is stopped, bits of its memories are flipped. The
seed is printed, and the same seed spoils the same frames, as far as the machine's timing lets them
be the same.
"""

import itertools
import os
import secrets
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import serial
from rich.console import Console

from spikewright_hw.checks import pathlike, whole
from spikewright_hw.engine.design import EventDesign
from spikewright_hw.engine.example import example_network
from spikewright_hw.fixed import Format
from spikewright_hw.network import Network

from .. import terminal
from ..device.compiled import virtual_board
from ..device.connect import connect
from ..device.faulty_wire import FAULTS, FaultyWire
from ..device.link import Link
from ..device.session import Session
from ..device.virtual import VirtualBoard
from ..errors import DeviceError
from ..gateware.bit_rate import AUTO, check_rate
from ..gateware.board import BOARDS
from ..job.progress import JobProgress
from ..network.reference import Run, run
from ..record.figure import Computed, Figure
from ..record.report import Report
from ..record.store import write_report
from ..record.table import print_table
from .memory_flips import equals, flip_anything, flip_weights, open_board_for_flips

__all__ = ["MOST_SILENCE_S", "RATES", "Campaign", "bench_link"]

#: Shares of the frames that are spoiled.
RATES = (1e-3, 1e-2, 1e-1)
#: Seconds after which a board that stopped has to be reported.
MOST_SILENCE_S = 2.0
#: Seconds after which a command is sent again on the spoiled wire, and how often.
_TIMEOUT_S, _RETRIES = 0.1, 40
#: The board that the virtual one stands for, and inferences between two changes of its rate.
_BOARD, _SAME_RATE = BOARDS["icebreaker"], 10
#: Most lost answers that the report names.
_SHOWN = 5
#: Bytes of noise that are sent at once.
_BLOCK = 4096


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """How much is tried.

    Parameters
    ----------
    inferences : int
        At each of :data:`RATES`.
    noise : int
        Random bytes that are sent to the board.
    flips : int
        Bits of weights that are flipped, and as many of all memories of the engine.
    seed : int
    rate : int or str
        Of the port while frames are spoiled, see :func:`open_board`.
    """

    inferences: int = 10_000
    noise: int = 1_000_000
    flips: int = 200
    seed: int
    rate: int | str = AUTO

    def __post_init__(self):
        whole(1)("inferences", self.inferences)
        whole(1)("noise", self.noise)
        whole(1)("flips", self.flips)
        whole(0)("seed", self.seed)
        check_rate("rate", self.rate)
        _BOARD.check_rate(self.rate, optional=EventDesign().optional)


def bench_link(
    *,
    inferences: int = 10_000,
    noise: int = 1_000_000,
    flips: int = 200,
    seed: int | None = None,
    rate: int | str = AUTO,
    build: str | Path = "build",
    console: Console | None = None,
) -> Report:
    """Try the link of a virtual board with faults of every kind; print and write the report.

    Parameters
    ----------
    inferences : int
        With spoiled frames, at each rate.
    noise : int
        Random bytes that are sent to the board.
    flips : int
        Bits of weights that are flipped, and as many of all memories of the engine.
    seed : int, optional
        Of all that is random; drawn, and printed, if not given.
    rate : int or str
        Bits per second of the port while frames are spoiled, or ``"auto"``, see
        :func:`open_board`. Another trial changes the rate again and again.
    build : str or Path
        Folder of everything generated; the report is ``reports/link`` in it.
    console : rich.console.Console, optional

    Raises
    ------
    DeviceError
        An answer was wrong, one was lost, or a board that stopped was not reported in time. The
        report is written all the same.
    ToolError, BuildError, StorageError
        The virtual board cannot be compiled.
    """
    drawn = secrets.randbits(32) if seed is None else seed
    campaign = Campaign(
        inferences=inferences, noise=noise, flips=flips, seed=drawn, rate=rate
    )
    console = terminal.console() if console is None else console
    console.print(f"seed {drawn}", highlight=False)
    build = pathlike("build", build)
    network = _network()
    spikes = np.random.default_rng(drawn).random((256, network.steps, network.inputs)) < 0.4
    expected = run(network, spikes)
    with JobProgress() as progress, progress.part("Link of a virtual board") as tell:
        tell("compiling")
        program = virtual_board(
            network, clock_hz=_BOARD.clock_hz, design=EventDesign(), build=build
        )
        trial = _Trial(program, network, spikes, expected, campaign)
        report = _report(trial, tell, build=build)
    print_table(report, console=console)
    path = write_report(report, build / "reports" / report.name)
    wrong = [row["trial"] for row in report.rows if not row["passed"]]
    if wrong:
        raise DeviceError(f"the link failed at {', '.join(wrong)}, seed {drawn}; {path} says more")
    return report


def _network() -> Network:
    """Return a network with a hidden layer, whose board is compiled soon."""
    return example_network(
        sizes=(13, 6, 3), steps=4, weight_bits=4, membrane=Format(8, 8), exponent=2,
        neurons=("lif", "li"),
    )


@dataclass(frozen=True)
class _Trial:
    """A compiled board, what is sent to it, and what it has to answer."""

    program: Path
    network: Network
    spikes: np.ndarray
    expected: Run
    campaign: Campaign
    #: Which answers were wrong or lost, and why.
    lost: list[str] = field(default_factory=list)

    def session(self, port: str) -> Session:
        """Open a port with little patience, as a wire needs on which much is lost."""
        link = Link(port, timeout=_TIMEOUT_S, retries=_RETRIES)
        return Session(
            link, network=self.network, design=EventDesign(), board=_BOARD, simulator="Verilator"
        )

    def right(self, session: Session, number: int) -> bool:
        """Run an inference; say whether all of its answer is right."""
        place = number % len(self.spikes)
        return equals(session.infer(self.spikes[place]), self.expected, place)


def _report(trial: _Trial, tell: Callable[[str], None], *, build: Path) -> Report:
    rows = [_noise(trial, tell)]
    rows += [_spoiled(trial, rate, tell) for rate in RATES]
    rows += [_rated(trial, tell), _unplugged(trial), _stopped(trial)]
    flipped = _flipped(trial, tell, build=build)
    done = sum(row["inferences"] for row in rows)
    right = sum(row["right"] for row in rows)
    spoiled = sum(row[fault] for row in rows for fault in FAULTS)
    method = Computed("answers of a virtual board, each compared with the integer reference")
    return Report(
        name="link",
        title=f"The link: {right} of {done} answers right",
        summary=f"Seed {trial.campaign.seed}; faults on purpose, on the port of a virtual board.",
        figures=(
            Figure("inferences", done, "1", method),
            Figure("right", right, "1", method),
            Figure("lost", done - right, "1", method),
            Figure("spoiled_frames", spoiled, "1", Computed("counted by the wire that did it")),
            *(
                Figure(name, sum(row[part] for row in flipped), "1", Computed(
                    "bits of the memories of a virtual board, flipped one at a time"
                )) for name, part in (("flipped_bits", "flips"), ("changed_inferences", "changed"))
            ),
        ),
        rows=(*rows, *flipped),
        made={
            "command": f"spikewright bench link --seed {trial.campaign.seed} --inferences "
            f"{trial.campaign.inferences} --noise {trial.campaign.noise} --flips "
            f"{trial.campaign.flips} --rate {trial.campaign.rate}",
            "seed": str(trial.campaign.seed),
            "what was lost": "; ".join(trial.lost[:_SHOWN]) or "nothing",
        },
    )


def _row(name: str, *, inferences: int, right: int, passed: bool, **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"trial": name, "inferences": inferences, "right": right}
    row |= {fault: more.get(fault, 0) for fault in FAULTS}
    return row | {
        "flips": more.get("flips", 0), "changed": more.get("changed", 0),
        "repeated": more.get("repeated", 0), "seconds": more.get("seconds", 0.0), "passed": passed
    }


def _noise(trial: _Trial, tell: Callable[[str], None]) -> dict[str, Any]:
    """Send random bytes, and then ask something."""
    source = np.random.default_rng(trial.campaign.seed)
    left, started = trial.campaign.noise, time.monotonic()
    with VirtualBoard(trial.program) as board:
        with serial.Serial(board.port, 1_000_000, timeout=0, write_timeout=60) as port:
            while left > 0:
                port.write(source.bytes(min(left, _BLOCK)))
                port.read(1 << 16)  # what it says to that; nobody listens
                left -= _BLOCK
                tell(f"{trial.campaign.noise - max(left, 0)} bytes of noise")
        with trial.session(board.port) as session:
            right = trial.right(session, 0)
            repeated = session.repeated
    seconds = time.monotonic() - started
    return _row(
        f"{trial.campaign.noise} random bytes", inferences=1, right=int(right), passed=right,
        repeated=repeated, seconds=seconds,
    )


def _spoiled(trial: _Trial, rate: float, tell: Callable[[str], None]) -> dict[str, Any]:
    """Run inferences on a wire that spoils frames."""
    return _over_a_wire(
        trial, f"{rate:g} of the frames spoiled", spoiled=rate, tell=tell,
        inferences=trial.campaign.inferences,
    )


def _rated(trial: _Trial, tell: Callable[[str], None]) -> dict[str, Any]:
    """Change the rate of the port in the middle, again and again, on a wire that spoils frames."""
    rates = itertools.cycle([one.baud for one in _BOARD.bit_rates] + [_BOARD.baud])
    return _over_a_wire(
        trial, f"rate changed, {RATES[-1]:g} of the frames spoiled", spoiled=RATES[-1], tell=tell,
        inferences=max(2 * _SAME_RATE, trial.campaign.inferences // 10),
        before=lambda session, number: number % _SAME_RATE or session.set_rate(next(rates)),
    )


def _over_a_wire(
    trial: _Trial, name: str, *, spoiled: float, inferences: int, tell: Callable[[str], None],
    before: Callable[[Session, int], Any] = lambda session, number: None,
) -> dict[str, Any]:
    """Run inferences on a wire that spoils frames, and something before each."""
    right, started = 0, time.monotonic()
    with VirtualBoard(trial.program) as board:
        wire = FaultyWire(board.port, rate=spoiled, seed=trial.campaign.seed)
        with wire, trial.session(wire.port) as session:
            session.set_rate(trial.campaign.rate)
            for number in range(inferences):
                try:
                    before(session, number)
                    good = trial.right(session, number)
                    why = "a wrong answer"
                except DeviceError as error:
                    good, why = False, str(error)
                right += good
                if not good:
                    trial.lost.append(f"{number}, {name}: {why}")
                if number % 100 == 0:
                    tell(f"{number} inferences, {name}")
            repeated = session.repeated
    return _row(
        name, inferences=inferences, right=right, passed=right == inferences, repeated=repeated,
        seconds=time.monotonic() - started, **{fault: wire.done[fault] for fault in FAULTS},
    )


def _unplugged(trial: _Trial) -> dict[str, Any]:
    """Pull the cable while a session is open, plug it in, and go on."""
    with VirtualBoard(trial.program) as board, ExitStack() as opened:
        wire = opened.enter_context(FaultyWire(board.port, rate=0, seed=trial.campaign.seed))
        with trial.session(wire.port) as session:
            right = trial.right(session, 0)
            wire.unplug()
            started = time.monotonic()
            told = _fails(session, trial)
            seconds = time.monotonic() - started
            wire.plug()
        with trial.session(wire.port) as session:
            right += trial.right(session, 1)
    return _row(
        "unplugged and plugged in", inferences=2, right=right,
        passed=right == 2 and told and seconds < MOST_SILENCE_S, seconds=seconds,
    )


def _stopped(trial: _Trial) -> dict[str, Any]:
    """Stop the board; it has to be reported, and afterwards it goes on."""
    with VirtualBoard(trial.program) as board:
        with connect(board.port, network=trial.network, trouble=board.trouble) as session:
            right = trial.right(session, 0)
            os.kill(board.pid, signal.SIGSTOP)
            started = time.monotonic()
            told = _fails(session, trial)
            seconds = time.monotonic() - started
            os.kill(board.pid, signal.SIGCONT)
        with connect(board.port, network=trial.network, trouble=board.trouble) as session:
            right += trial.right(session, 1)
    return _row(
        "stopped, and let go on", inferences=2, right=right,
        passed=right == 2 and told and seconds < MOST_SILENCE_S, seconds=seconds,
    )


def _flipped(
    trial: _Trial, tell: Callable[[str], None], *, build: Path
) -> list[dict[str, Any]]:
    """Flip bits of weights, and bits of any memory, on a board that is compiled for it."""
    tell("compiling a board whose bits can be flipped")
    rows = []
    with open_board_for_flips(trial.network, build=build) as board:
        for name, flip in (
            ("bits of weights flipped", flip_weights), ("bits of the engine flipped", flip_anything)
        ):
            started = time.monotonic()
            found = flip(
                board, trial.network, trial.spikes, flips=trial.campaign.flips,
                seed=trial.campaign.seed, tell=lambda done, name=name: tell(f"{done} {name}"),
            )
            known = flip is flip_weights
            rows.append(_row(
                f"{found.flips} {name}", inferences=found.inferences, right=found.right,
                passed=found.works and (not known or found.right == found.inferences),
                flips=found.flips, changed=found.changed, repeated=found.repeated,
                seconds=time.monotonic() - started,
            ))
    return rows


def _fails(session: Session, trial: _Trial) -> bool:
    try:
        session.infer(trial.spikes[0])
    except DeviceError:
        return True
    return False
