"""The Mackey-Glass series of NeuroBench's benchmark, integrated on this machine.

The benchmark's own files were integrated by jitcdde on another one. A chaotic series depends on how
it is integrated: these agree with jitcdde to 1e-3 over the first 15 Lyapunov times, and after that
they are other samples of the same system.
"""

import csv
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from math import ceil
from pathlib import Path

import numpy as np

from spikewright_hw.checks import whole

from ..errors import DataError

__all__ = ["LYAPUNOV_POINTS", "MackeyGlass", "integrated", "mackey_glass", "mackey_glass_series"]

#: Values in a Lyapunov time, and Lyapunov times of a series.
LYAPUNOV_POINTS, _TIMES = 75, 50
#: dx/dt = 0.2 x(t - tau) / (1 + x(t - tau)**10) - 0.1 x(t).
_BETA, _GAMMA = 0.2, 0.1
#: Steps of the integration in the time tau.
_STEPS = 2000


@dataclass(frozen=True)
class MackeyGlass:
    """A series of the benchmark.

    Parameters
    ----------
    tau : int
        The delay.
    lyapunov : int
        Its Lyapunov time, which is 75 values.
    start : float
        The value at all times up to 0.
    sha256 : str
        Of the values, as bytes of little-endian float64.
    """

    tau: int
    lyapunov: int
    start: float
    sha256: str

    def values(self) -> np.ndarray:
        """Return its 3,751 values, the first at the time tau.

        Raises
        ------
        DataError
            This machine computes others than those whose hash is known.
        """
        values = _values(self.tau, self.lyapunov, self.start)
        found = hashlib.sha256(values.astype("<f8").tobytes()).hexdigest()
        if found != self.sha256:
            raise DataError(
                f"the Mackey-Glass series of tau {self.tau} has the hash {found[:12]} on this "
                f"machine, and the one that is known has {self.sha256[:12]}; its floating-point "
                "sums differ from IEEE 754, and so would the forecasts"
            )
        return values


@lru_cache(maxsize=16)
def _values(tau: int, lyapunov: int, start: float) -> np.ndarray:
    """Integrate a series once; nobody may write to it."""
    values = integrated(tau, lyapunov=lyapunov, start=start)
    values.flags.writeable = False
    return values


def integrated(
    tau: int, *, lyapunov: int, start: float, count: int = _TIMES * LYAPUNOV_POINTS + 1
) -> np.ndarray:
    """Integrate the equation; return values from the time tau on, 75 in a Lyapunov time.

    It is the Runge-Kutta method of order 4, with a step of tau / 2000 and cubic Hermite
    interpolation. In a stretch of tau the delayed values are known, so a step is linear in x.

    Parameters
    ----------
    tau, lyapunov : int
        The delay, and the Lyapunov time.
    start : float
        The value at all times up to 0.
    count : int
        How many values.
    """
    step = tau / _STEPS
    leak = _GAMMA * step
    square = leak * leak
    keep = 1 - leak + square / 2 - square * leak / 6 + square * square / 24
    begin = step / 6 * (1 - leak + square / 2 - square * leak / 4)
    middle = step / 6 * (4 - 2 * leak + square / 2)
    times = np.linspace(0, (count - 1) * lyapunov / LYAPUNOV_POINTS, count)
    x, slope, found = np.full(_STEPS + 1, start), np.zeros(_STEPS + 1), np.empty(count)
    for stretch in range(-1, ceil(times[-1] / tau) + 1):
        drive = _drive(x)
        between = _drive((x[:-1] + x[1:]) / 2 + (slope[:-1] - slope[1:]) * (step / 8))
        added = begin * drive[:-1] + middle * between + step / 6 * drive[1:]
        x = np.array(list(accumulate(
            added.tolist(), lambda value, more: keep * value + more, initial=float(x[-1])
        )))
        slope = drive - _GAMMA * x
        here = (times >= stretch * tau) & (times < (stretch + 1) * tau)
        found[here] = _between(x, slope, (times[here] - stretch * tau) / step, step)
    return found


def _drive(x: np.ndarray) -> np.ndarray:
    """Return what a delayed value adds; powers by products, which round alike everywhere."""
    fourth = (x * x) * (x * x)
    return _BETA * x / (1 + (fourth * fourth) * (x * x))


def _between(x: np.ndarray, slope: np.ndarray, at: np.ndarray, step: float) -> np.ndarray:
    """Return values of the cubic Hermite polynomials of a stretch, at places in steps."""
    index = np.minimum(at.astype(int), _STEPS - 1)
    s = at - index
    rest = 1 - s
    return (
        (1 + 2 * s) * (rest * rest) * x[index] + s * (rest * rest) * (slope[index] * step)
        + (s * s) * (3 - 2 * s) * x[index + 1] - (s * s) * rest * (slope[index + 1] * step)
    )


def mackey_glass(tau: int = 17) -> MackeyGlass:
    """Return the series of a delay.

    Parameters
    ----------
    tau : int, 17 to 30

    Raises
    ------
    ValueError
        The benchmark has no such series.
    """
    known = {one.tau: one for one in mackey_glass_series()}
    tau = whole(min(known), max(known))("tau", tau)
    return known[tau]


def mackey_glass_series() -> tuple[MackeyGlass, ...]:
    """Return the benchmark's series: of the delays 17 to 30.

    Lyapunov times and starts are NeuroBench's (github.com/NeuroBench/neurobench, parameters of the
    Mackey-Glass data set, commit b41f603); the hashes are of the values that this module makes.
    """
    return _read()


@lru_cache(maxsize=1)
def _read() -> tuple[MackeyGlass, ...]:
    text = Path(__file__).with_name("series.csv").read_text(encoding="ascii")
    return tuple(
        MackeyGlass(int(row["tau"]), int(row["lyapunov"]), float(row["start"]), row["sha256"])
        for row in csv.DictReader(text.splitlines())
    )
