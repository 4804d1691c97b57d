"""Whether the steps of equations overshoot, by the slopes where the neuron goes.

A step is refused where the equations come to rest and the step does not: all small differences from
the rest fade by the equations, and by the step they grow. Equations that are linear have one slope
everywhere, so what is true of it is true of all. Elsewhere a slope is true of its place alone, and
a step that overshoots there is warned of.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..errors import SpikewrightWarning
from .growth import NEAR, growth, is_linear, largest_step, rounded_down
from .names import TIME_STEP
from .place import EquationError
from .step import EXPONENTIAL, Step
from .trial import Trial, slopes

__all__ = ["check_stable"]

#: Growth in a step, around a rest of equations that keep differences, that is worth a warning.
_GROWTH = 1.01
#: Currents below this size, and below those that make the neuron spike, leave it at a rest.
_STRONGEST = 2.0
#: How often a smaller dt is tried before it is named.
_TRIES = 6
#: Steps of Newton's method.
_NEWTON = 40


def check_stable(step: Step, trial: Trial) -> None:
    """Refuse a step that makes of a rest none, and warn of one that overshoots on its way.

    Parameters
    ----------
    step : Step
    trial : Trial
        Its runs in real numbers.

    Raises
    ------
    EquationError
        The equations come to rest, and the step swings around that rest by more and more.
    """
    judge = _Judge(step, trial)
    least = judge.least()
    if least is not None and least.largest < judge.dt:
        judge.refuse(least, _kept(step, trial, least.largest))
    if not judge.is_linear:
        judge.warn_of_growth()
        judge.warn()


@dataclass(frozen=True)
class _Rest:
    """Where the equations rest under a current, their slopes there, and the largest dt.

    ``states`` is None for linear equations, whose slopes are the same everywhere. ``largest`` is
    infinity if the dt given is not too large.
    """

    matrix: NDArray[np.float64]
    states: Mapping[str, float] | None
    current: float
    largest: float


def _kept(step: Step, trial: Trial, dt: float) -> float:
    """Return a dt with which all rests are kept; with another dt the neuron goes elsewhere."""
    for _ in range(_TRIES):
        again = Trial.of(trial.definition, trial.format, {TIME_STEP: dt}) if dt else trial
        least = _Judge(step, again).least()
        if not dt or least is None or least.largest >= dt:
            break
        dt = least.largest
    return dt


class _Judge:
    def __init__(self, step: Step, trial: Trial):
        states = step.statements.states
        self._step, self._trial = step, trial
        self._rights = rights = {name: step.statements.whole(one) for name, one in states.items()}
        self._names = list(rights)
        self.dt = trial.parameters[TIME_STEP]
        self._exponential = [step.methods[name] == EXPONENTIAL for name in rights]

    @property
    def is_linear(self) -> bool:
        """Whether all equations are sums of states, inputs and constants, with constant factors."""
        return all(is_linear(right, self._trial.parameters) for right in self._rights.values())

    def is_smooth(self, states: Mapping[str, float], current: float) -> bool:
        """Whether the slopes do not depend on the distance at which they are taken."""
        near, far = (self.at(states, current, difference=one) for one in (1e-6, 1e-4))
        return bool(np.allclose(near, far, rtol=1e-2, atol=1e-6))

    def at(
        self, states: Mapping[str, float], current: float, *, difference: float = 1e-5
    ) -> NDArray[np.float64]:
        """Return the matrix of the equations' slopes at a place."""
        found = slopes(
            self._trial, self._rights, self._names, states, current, difference=difference
        )
        rows = [[float(found[row, by]) for by in self._names] for row in self._names]
        return np.array(rows)

    @cached_property
    def rests(self) -> list[_Rest]:
        """Where the equations rest, up to the weakest current that makes the neuron spike."""
        if self.is_linear:
            start = {name: float(self._trial.states[name][0, 0]) for name in self._names}
            matrix = self.at(start, 0.0)
            return [_Rest(matrix, None, 0.0, self._largest(matrix, everywhere=True))]
        strongest = min(self._trial.weakest, _STRONGEST)
        found = []
        for column in self._trial.working:
            current = float(self._trial.currents[column])
            rest = self.rest(column) if current == 0 or abs(current) < strongest else None
            if rest is not None and self.is_smooth(rest, current):
                matrix = self.at(rest, current)
                largest = self._largest(matrix, everywhere=False)
                found.append(_Rest(matrix, rest, current, largest))
        return found

    def least(self) -> _Rest | None:
        """Return the rest that asks for the smallest dt; None if there is no rest."""
        return min(self.rests, key=lambda rest: rest.largest, default=None)

    def _largest(self, matrix: NDArray[np.float64], *, everywhere: bool) -> float:
        return largest_step(matrix, self._exponential, self.dt, everywhere=everywhere)

    def rest(self, column: int) -> dict[str, float] | None:
        """Return where the equations rest under a current, if it is among the places of its run."""
        current = self._trial.currents[column]
        paths = {name: self._trial.states[name][:, column] for name in self._names}
        here = {name: float(np.median(path)) for name, path in paths.items()}
        for _ in range(_NEWTON):
            right = self._trial.evaluate(self._rights, here, current)
            value = np.array([float(right[name]) for name in self._names])
            try:
                move = np.linalg.solve(self.at(here, current), -value)
            except np.linalg.LinAlgError:
                return None
            if not np.all(np.isfinite(move)):
                return None
            here = {name: here[name] + by for name, by in zip(self._names, move, strict=True)}
            if np.abs(move).max() < 1e-9:
                break
        else:
            return None
        inside = (
            path.min() - 1e-6 <= here[name] <= path.max() + 1e-6 for name, path in paths.items()
        )
        return here if all(inside) else None

    def refuse(self, rest: _Rest, largest: float) -> None:
        """Raise :exc:`EquationError` of a rest that the step does not keep."""
        euler = next(
            (name for name, one in zip(self._names, self._exponential, strict=True) if not one),
            self._names[0],
        )
        remedy = (
            f"the largest dt is {rounded_down(largest):g}"
            if largest
            else "no dt is small enough, for nothing damps the states; add a term that does"
        )
        where = ""
        if rest.states is not None:
            where = f" around {_places(rest.states)}, where it rests with i = {rest.current:g}"
        raise EquationError(
            f"with dt = {self.dt:g} each step overshoots by more than the last{where}, while the "
            f"equation itself is stable; {remedy}",
            self._step.statements.states[euler].place,
        )

    def warn_of_growth(self) -> None:
        """Warn if a step grows around a rest where the slopes of the equations do not."""
        for rest in self.rests:
            own = np.linalg.eigvals(rest.matrix)
            grown = growth(rest.matrix, self._exponential, self.dt)
            smaller = self.dt
            while growth(rest.matrix, self._exponential, smaller) > _GROWTH and smaller > 1e-9:
                smaller /= 2
            if own.real.max() <= NEAR * np.abs(own).max() and smaller < self.dt:
                self._warn(
                    self._names[0],
                    f"with dt = {self.dt:g} a step makes small differences around "
                    f"{_places(rest.states or {})} with i = {rest.current:g} grow by "
                    f"{grown - 1:.2g} of themselves, and those of the equations do not grow "
                    f"there; with dt = {smaller:g} it is less than {_GROWTH - 1:.2g}",
                )
                return

    def _warn(self, name: str, sentence: str) -> None:
        warnings.warn(f"d{name}/dt: {sentence}", SpikewrightWarning, stacklevel=7)

    def warn(self) -> None:
        """Warn of states whose step overshoots by more than they were off, where a run went."""
        trial = self._trial
        paths = {name: trial.states[name][:, trial.working] for name in self._names}
        currents = trial.currents[trial.working]
        found = slopes(trial, self._rights, self._names, paths, currents)
        for name, exponential in zip(self._names, self._exponential, strict=True):
            slope = np.broadcast_to(found[name, name], paths[name].shape)
            if exponential or not np.all(np.isfinite(slope)):
                continue
            slope = np.where(self._swings(name), slope, 0.0)
            row, column = np.unravel_index(np.argmin(slope), slope.shape)
            steepest, current = float(slope[row, column]), float(currents[column])
            here = {one: float(path[row, column]) for one, path in paths.items()}
            if 1 + self.dt * steepest >= -1 - NEAR or not self.is_smooth(here, current):
                continue
            self._warn(
                name,
                f"with dt = {self.dt:g} a step overshoots by more than {name} was off at "
                f"{_places(here)} and i = {current:g}, where a run in real numbers swings; there "
                f"the largest dt is {rounded_down(-2 / steepest):g}",
            )

    def _swings(self, name: str) -> NDArray[np.bool_]:
        """Say of each step whether a state turns back in the next one, and goes farther."""
        trial = self._trial
        moves = np.diff(trial.states[name][:, trial.working], axis=0, append=np.nan)
        after = np.vstack((moves[1:], np.full((1, moves.shape[1]), np.nan)))
        spikes = trial.spikes[:, trial.working]
        quiet = ~(spikes | np.roll(spikes, -1, axis=0))
        return quiet & (moves * after < 0) & (np.abs(after) > np.abs(moves))


def _places(states: Mapping[str, float]) -> str:
    return ", ".join(f"{name} = {value + 0.0:.4g}" for name, value in states.items())
