"""A neuron in real numbers, run under currents of many sizes: where it goes, and how it gets there.

The states saturate at the ends of the number format, as they do in integers; nothing is rounded.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikewright_hw.definition.definition import Definition
from spikewright_hw.definition.expression import Expression
from spikewright_hw.definition.graph import evaluate
from spikewright_hw.fixed import Format

from ..real_arrays import RealArrays

__all__ = ["Trial", "Values"]

Values = Mapping[str, Any]

#: Steps of a run.
STEPS = 1000
#: Distance of two points between which a slope is taken, as a share of their size.
_DIFFERENCE = 1e-5
#: The smallest current is this power of two.
_SMALLEST = -4


@dataclass(frozen=True, eq=False)
class Trial:
    """Runs side by side, a column for each current.

    Parameters
    ----------
    definition : Definition
    format : Format
        Of the membrane and of the input; the states end where it ends.
    parameters : mapping of str to float
        All of them.
    currents : ndarray
        Constant currents at the first input; the other inputs are zero.
    states : mapping of str to ndarray
        States before each step, (steps, currents).
    spikes : ndarray
        Whether each step ended in a spike, (steps, currents).
    """

    definition: Definition
    format: Format
    parameters: Mapping[str, float]
    currents: NDArray[np.float64]
    states: Mapping[str, NDArray[np.float64]]
    spikes: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        definition: Definition,
        format: Format,
        parameters: Mapping[str, float] | None = None,
        *,
        currents: NDArray[np.float64] | None = None,
        steps: int = STEPS,
    ) -> "Trial":
        """Run a neuron; parameters not given take their defaults, and currents powers of two."""
        values = {name: float(one.default) for name, one in definition.parameters.items()}
        values |= parameters or {}
        if currents is None:
            powers = 2.0 ** np.arange(_SMALLEST, max(_SMALLEST + 1, format.integer - 1))
            currents = np.concatenate(([0.0], powers, -powers))
        states = {
            name: np.full(len(currents), values[one.start] if isinstance(one.start, str)
                          else float(one.start))
            for name, one in definition.states.items()
        }
        low, high = format.real(format.min), format.real(format.max)
        path = {name: np.empty((steps, len(currents))) for name in states}
        spikes = np.zeros((steps, len(currents)), bool)
        trial = cls(definition, format, values, currents, path, spikes)
        inputs = trial.inputs(currents)
        with np.errstate(all="ignore"):
            for step in range(steps):
                for name, value in states.items():
                    path[name][step] = value
                after = evaluate(definition.update, {**values, **states, **inputs}, RealArrays())
                spikes[step] = after.pop("spike", False)
                states = {name: np.clip(value, low, high) for name, value in after.items()}
        return trial

    def inputs(self, currents: Any) -> dict[str, Any]:
        """Return a value to each input: the currents to the first, and zero to the others."""
        inputs: dict[str, Any] = dict.fromkeys(self.definition.inputs, 0.0)
        return inputs | {next(iter(inputs)): currents}

    def evaluate(
        self, outputs: Mapping[str, Expression], states: Values, currents: Any
    ) -> dict[str, Any]:
        """Work expressions out at states and currents."""
        with np.errstate(all="ignore"):
            leaves = {**self.parameters, **states, **self.inputs(currents)}
            return evaluate(outputs, leaves, RealArrays())

    def slopes(
        self, outputs: Mapping[str, Expression], names: Sequence[str]
    ) -> dict[tuple[str, str], NDArray[np.float64]]:
        """Return the slope of each output of a name by each state of a name, where it works.

        By differences; keys are an output and a state, values are (steps, working currents).
        """
        states = {name: path[:, self.working] for name, path in self.states.items()}
        return slopes(self, outputs, names, states, self.currents[self.working])

    @cached_property
    def working(self) -> NDArray[np.intp]:
        """The columns in which the neuron works: up to twice the weakest current with a spike.

        Of a neuron that never spikes they are those up to a current of one.
        """
        sizes = np.abs(self.currents)
        spiking = self.currents[self.spikes.any(axis=0)]
        if not len(spiking):
            return np.flatnonzero(sizes <= 1.0)
        weakest = spiking[np.abs(spiking) == self.weakest]
        inside = (sizes <= 2 * self.weakest) & (self.currents * weakest.min() >= 0)
        inside |= (sizes <= 2 * self.weakest) & (self.currents * weakest.max() >= 0)
        return np.flatnonzero(inside)

    @cached_property
    def weakest(self) -> float:
        """The size of the weakest current that makes the neuron spike; infinity if none does."""
        return float(np.min(np.abs(self.currents[self.spikes.any(axis=0)]), initial=np.inf))

    @property
    def driving(self) -> float:
        """A current with which the neuron works well: twice the weakest that makes it spike.

        Zero for a neuron that spikes by itself, and one for a neuron that never spikes.
        """
        if math.isinf(self.weakest):
            return 1.0
        spiking = self.currents[self.spikes.any(axis=0)]
        return 2 * float(spiking[np.argmin(np.abs(spiking))])


def slopes(
    trial: Trial, outputs: Mapping[str, Expression], names: Sequence[str], states: Values,
    currents: Any, *, difference: float = _DIFFERENCE,
) -> dict[tuple[str, str], NDArray[np.float64]]:
    """Return the slope of each output by each state of a name at some states, by differences."""
    found = {}
    wanted = {name: outputs[name] for name in names}
    for state in names:
        here = np.asarray(states[state], float)
        by = difference * np.maximum(1.0, np.abs(here))
        above = trial.evaluate(wanted, {**states, state: here + by}, currents)
        below = trial.evaluate(wanted, {**states, state: here - by}, currents)
        for name in names:
            found[name, state] = (above[name] - below[name]) / (2 * by)
    return found
