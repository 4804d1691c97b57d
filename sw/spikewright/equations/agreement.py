"""A neuron in integers beside the same in real numbers, under one constant current."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spikewright_hw.definition import integers
from spikewright_hw.definition.definition import Definition
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron

from .trial import Trial

__all__ = ["BOUND", "Agreement"]

#: Share of the spikes in real numbers, and of a state's way, by which integers may be off.
BOUND = 0.05


@dataclass(frozen=True)
class Agreement:
    """What a neuron does in both arithmetics.

    Parameters
    ----------
    steps : int
    current : float
        At the first input; the others are zero.
    real, integer : int
        Spikes.
    off : mapping of str to float
        Largest distance of each state from the one in real numbers before the first spike, as a
        share of the way that the state goes there.
    """

    steps: int
    current: float
    real: int
    integer: int
    off: Mapping[str, float]

    @classmethod
    def of(
        cls, definition: Definition, arithmetic: Arithmetic, *, current: float, steps: int = 2000
    ) -> "Agreement":
        """Run both from the start."""
        fixed = FixedNeuron.of(definition, arithmetic)
        stored = fixed.format.quantize(current)
        current = fixed.format.real(stored)
        trial = Trial.of(definition, fixed.format, currents=np.array([current]), steps=steps)
        inputs = dict.fromkeys(definition.inputs, 0)
        inputs[next(iter(inputs))] = stored
        states, path, spikes = integers.start(fixed), [], []
        for _ in range(steps):
            path.append(states)
            states, spike = integers.step(fixed, states, inputs)
            spikes.append(spike)
        real = trial.spikes[:, 0]
        first = int(np.argmax(real | np.array(spikes))) + 1 if any(spikes) or real.any() else steps
        off = {}
        for name, form in fixed.formats.items():
            exact = trial.states[name][:first, 0]
            found = np.array([form.real(one[name]) for one in path[:first]])
            way = max(float(np.ptp(exact)), form.real(1))
            off[name] = float(np.abs(found - exact).max()) / way
        return cls(steps, current, int(real.sum()), sum(spikes), off)

    @property
    def close(self) -> bool:
        """Whether the numbers of spikes differ by at most :data:`BOUND`, or by one spike."""
        return abs(self.integer - self.real) <= max(1.0, BOUND * self.real)
