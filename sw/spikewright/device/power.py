"""Power of a board, measured: windows of ten seconds, idle and at work, five times.

What an inference takes above idling is the energy of a window at work, less that of as long a time
of idling, by its number of inferences. So it does not matter how much of the window the board waits
for the link; where it runs them by itself, it does not wait, and what receives and sends rests.
"""

import math
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from spikewright_hw.checks import pathlike, real, text, whole

from ..errors import DataError, DeviceError
from .probe import Probe, Reading
from .repeats import Repeats

__all__ = ["LEAST_WINDOW_S", "Power", "Trial", "Window", "measure_power", "power_of_csv"]

#: Shortest window, s.
LEAST_WINDOW_S = 10.0
#: Trials unless another number is given.
TRIALS = 5
#: Columns of an instrument's file.
COLUMNS = ("time_s", "volts", "amperes", "busy")


@dataclass(frozen=True, kw_only=True)
class Window:
    """The mean of a window.

    Parameters
    ----------
    mw : float
    seconds : float
    readings : int
    """

    mw: float
    seconds: float
    readings: int

    @property
    def rate_hz(self) -> float:
        """Readings in a second."""
        return self.readings / self.seconds


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A window of idling and one at work, in which so many inferences were done."""

    idle: Window
    work: Window
    inferences: int

    @property
    def dynamic_uj(self) -> float:
        """Energy of an inference above idling, µJ."""
        return (self.work.mw - self.idle.mw) * self.work.seconds / self.inferences * 1e3


@dataclass(frozen=True, kw_only=True)
class Power:
    """Trials of a board, and what of.

    Parameters
    ----------
    instrument, tap : str
    trials : tuple of Trial
    latency_us : float
        Of an inference on the engine.
    uncertainty_mw, gain : float
        Standard uncertainty of the idle power, by the instrument; and of a difference of powers, a
        share of it, for there an offset goes out.
    simulator : str
        What simulates the board, of which nothing was measured then; nothing for a real one.
    """

    instrument: str
    tap: str
    trials: tuple[Trial, ...]
    latency_us: float
    uncertainty_mw: float
    gain: float
    simulator: str = ""

    @property
    def idle_mw(self) -> float:
        """Mean power of idling: configured, clocked and ready."""
        return statistics.fmean(trial.idle.mw for trial in self.trials)

    @property
    def dynamic_uj(self) -> float:
        """Mean energy of an inference above idling."""
        return statistics.fmean(trial.dynamic_uj for trial in self.trials)

    @property
    def dynamic_mw(self) -> float:
        """Power of an inference above idling, while it runs."""
        return self.dynamic_uj / self.latency_us * 1e3

    @property
    def active_mw(self) -> float:
        """Power while an inference runs."""
        return self.idle_mw + self.dynamic_mw

    @property
    def energies_uj(self) -> tuple[float, ...]:
        """Energy of an inference in each trial, idling in it."""
        return tuple(
            trial.dynamic_uj + trial.idle.mw * self.latency_us * 1e-3 for trial in self.trials
        )

    @property
    def energy_uj(self) -> float:
        """Mean energy of an inference: active power by latency."""
        return statistics.fmean(self.energies_uj)

    @property
    def energy_uncertainty_uj(self) -> float:
        """Standard uncertainty of it: scatter of the trials, gain, and offset of the idle power."""
        scatter = _standard_error(self.energies_uj)
        offset = self.uncertainty_mw * self.latency_us * 1e-3
        return math.hypot(scatter, self.gain * self.dynamic_uj, offset)

    @property
    def rate_hz(self) -> float:
        """Fewest readings in a second of any window."""
        return min(w.rate_hz for trial in self.trials for w in (trial.idle, trial.work))

    @property
    def window_s(self) -> float:
        """Shortest of the windows."""
        return min(w.seconds for trial in self.trials for w in (trial.idle, trial.work))


def measure_power(
    probe: Probe,
    work: Repeats | Callable[[], object],
    *,
    latency_us: float,
    window_s: float = LEAST_WINDOW_S,
    trials: int = TRIALS,
    clock: Callable[[], float] = time.monotonic,
) -> Power:
    """Measure a board: idle, then at work, so many times.

    Parameters
    ----------
    probe : Probe
    work : Repeats or callable
        Inferences that the board runs by itself, ``board.repeats(spikes)``; or, of a board that
        cannot, what runs one and waits for it, ``lambda: board.infer(spikes)``. With a Joulescope,
        the first; with a probe that is read over the link, runs that end,
        ``lambda: board.run(spikes, times=1000)``.
    latency_us : float
        Of an inference on the engine: cycles by clock.
    window_s : float
        At least ten seconds.
    trials : int
    clock : callable
        Seconds.

    Raises
    ------
    DeviceError
        The probe or the board does not answer, or what the probe says cannot be.
    ValueError
        A window is too short, or a number is out of its range.
    """
    real(LEAST_WINDOW_S)("window_s", window_s)
    whole(1)("trials", trials)
    real(1e-9)("latency_us", latency_us)
    if not (probe.always or isinstance(work, Repeats)):
        raise ValueError(
            f"{probe.name} sees nothing between its readings, where the inferences would be; let "
            "the board run them by itself, with board.repeats(spikes)"
        )
    if probe.over_link and isinstance(work, Repeats):
        raise ValueError(
            f"{probe.name} is read over the link, where a byte ends what the board runs by itself; "
            "give runs that end: lambda: board.run(spikes, times=1000)"
        )
    made, last = [], Reading(volts=0.0, amperes=0.0)
    for _ in range(trials):
        idle, _, last = _window(probe, None, window_s, clock)
        busy, done, _ = _window(probe, work, window_s, clock)
        made.append(Trial(idle=idle, work=busy, inferences=done))
    return Power(
        instrument=probe.name, tap=probe.tap, trials=tuple(made), latency_us=latency_us,
        uncertainty_mw=probe.uncertainty_mw(last), gain=probe.gain, simulator=probe.simulator,
    )


def power_of_csv(
    path: str | Path,
    *,
    instrument: str,
    tap: str,
    inferences: int,
    latency_us: float,
    relative: float,
    window_s: float = LEAST_WINDOW_S,
) -> Power:
    """Take what any instrument recorded: a file with a row for each reading.

    Its columns are ``time_s``, ``volts``, ``amperes`` and ``busy``: 0 while the board idles, 1
    while it works, by its busy pin. Windows of both kinds stand one after the other, idle first.

    Parameters
    ----------
    path : str or Path
    instrument, tap : str
        What read it, and of which supply.
    inferences : int
        In each window of work.
    latency_us : float
        Of an inference on the engine.
    relative : float
        Standard uncertainty of the instrument, a share of what it reads.
    window_s : float
        Shortest window.

    Raises
    ------
    DataError
        The file is not there, lacks a column, or has something else than such windows; the
        message names the line.
    """
    path = pathlike("path", path)
    text("instrument", instrument)
    text("tap", tap)
    whole(1)("inferences", inferences)
    real(1e-9)("latency_us", latency_us)
    real(0, 1)("relative", relative)
    real(0)("window_s", window_s)
    rows = _rows(path)
    parts: list[list[tuple[float, float, float, int]]] = []
    for row in rows:
        if not parts or parts[-1][-1][3] != row[3]:
            parts.append([])
        parts[-1].append(row)
    if len(parts) < 2 or len(parts) % 2 or parts[0][0][3]:
        raise DataError(
            f"{path} has {len(parts)} windows; they must come in pairs, idle (busy 0) first"
        )
    windows = [_recorded(path, part, window_s) for part in parts]
    made = tuple(
        Trial(idle=idle, work=work, inferences=inferences)
        for idle, work in zip(windows[::2], windows[1::2], strict=True)
    )
    idle_mw = statistics.fmean(trial.idle.mw for trial in made)
    return Power(
        instrument=instrument, tap=tap, trials=made, latency_us=latency_us,
        uncertainty_mw=relative * idle_mw, gain=relative,
    )


def _window(
    probe: Probe, work: Repeats | Callable[[], object] | None, seconds: float,
    clock: Callable[[], float],
) -> tuple[Window, int, Reading]:
    """Read a window; return its mean, how many inferences were done in it, and a reading."""
    itself = work if isinstance(work, Repeats) else None
    infer = None if itself is not None else work
    if itself is not None:
        itself.begin()
    probe.begin()
    started, done, powers = clock(), 0, []
    reading = None
    while (now := clock()) < started + seconds:
        if callable(infer):
            done += getattr(infer(), "inferences", 1)  # a run has many
        reading = probe.read(clock=clock)
        powers.append(reading.mw)
        if clock() <= now:
            raise DeviceError("the clock of a window stands still")
    if reading is None:
        raise DeviceError("the probe gave no reading in a window")
    window = Window(mw=statistics.fmean(powers), seconds=clock() - started, readings=len(powers))
    if itself is not None:
        done = itself.end().inferences
    return window, done, reading


def _rows(path: Path) -> list[tuple[float, float, float, int]]:
    try:
        head, *lines = path.read_text(encoding="utf-8").splitlines() or [""]
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read as the file of an instrument: {error}") from None
    names = [name.strip() for name in head.split(",")]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise DataError(f"{path} lacks the columns {', '.join(missing)}")
    places = [names.index(name) for name in COLUMNS]
    made: list[tuple[float, float, float, int]] = []
    for number, line in enumerate(lines, start=2):
        cells = line.split(",")
        try:
            moment, volts, amperes, busy = (float(cells[place]) for place in places)
        except (IndexError, ValueError):
            raise DataError(f"{path}:{number} has no four numbers: {line!r}") from None
        if not all(map(math.isfinite, (moment, volts, amperes))) or busy not in (0, 1):
            raise DataError(f"{path}:{number} is no reading: {line!r}")
        if made and moment <= made[-1][0]:
            raise DataError(f"{path}:{number} is no later than the line before it")
        made.append((moment, volts, amperes, int(busy)))
    return made


def _recorded(
    path: str | Path, part: Sequence[tuple[float, float, float, int]], window_s: float
) -> Window:
    seconds = part[-1][0] - part[0][0]
    if seconds < window_s * (1 - 1e-6):  # times of a file are rounded
        raise DataError(
            f"{path} has a window of {seconds:.3g} s from {part[0][0]:g} s on; it must be "
            f"{window_s:g} s, at least"
        )
    return Window(
        mw=statistics.fmean(volts * amperes * 1e3 for _, volts, amperes, _ in part),
        seconds=seconds, readings=len(part),
    )


def _standard_error(values: Iterable[float]) -> float:
    values = list(values)
    return statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0
