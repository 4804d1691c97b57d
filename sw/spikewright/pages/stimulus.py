"""What the pictures of a neuron drive it with: chosen by rule, so that something is seen of any.

All of it is worked out on the neuron's integers, so it is the same on every machine.
"""

import random
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from spikewright_hw.definition import integers
from spikewright_hw.definition.fixed_point import FixedNeuron

__all__ = ["Stimulus", "run_integers", "stimuli"]

#: Least and most steps of a picture.
SHORTEST, LONGEST = 100, 400
#: Spikes that a step of current, and that a train, has to cause, where any does.
STEP_SPIKES, TRAIN_SPIKES = 8, 5
#: Steps to a spike of the train, whose times are drawn with this seed.
STEPS_PER_SPIKE, SEED = 5, 0
#: What a neuron hears of its own last spike, where it has an input for that.
FEEDBACK = -0.5
#: Drive of a neuron that never spikes.
READOUT = 1.0
#: A state has come to rest when this share of its excursion is left.
_LEFT = 0.05


@dataclass(frozen=True)
class Stimulus:
    """What arrives at a neuron; all numbers are stored integers.

    Parameters
    ----------
    title : str
        What it is.
    pulses : bool
        Whether what arrives are spikes.
    inputs : mapping of str to sequence of int
        What arrives at each input, step by step.
    feedback : mapping of str to int
        What arrives at each other input in the step after a spike; without one it is zero.
    """

    title: str
    pulses: bool
    inputs: Mapping[str, Sequence[int]]
    feedback: Mapping[str, int]

    def __len__(self) -> int:
        """Number of steps."""
        return len(next(iter(self.inputs.values())))

    def at(self, step: int, *, spiked: bool) -> dict[str, int]:
        """Return the inputs of a step, ``spiked`` telling of the step before."""
        given = {name: values[step] for name, values in self.inputs.items()}
        return given | {name: value if spiked else 0 for name, value in self.feedback.items()}


def stimuli(fixed: FixedNeuron) -> tuple[Stimulus, Stimulus]:
    """Return a step of current and a train of spikes for a neuron.

    The picture is as long as the neuron takes to spike and to come to rest again, twice; a neuron
    that swings for ever gets :data:`SHORTEST`. A drive is five or seven times a power of two, which
    is far from what levels usually are: the first that causes enough spikes, or, if the strongest
    does not, the one that causes most. Of a neuron that never spikes it is
    :data:`READOUT`. An inhibitory input joins in half-way, half as strong.
    """
    steps = _length(fixed)
    on, off = steps // 10, 3 * steps // 4
    constant = [int(on <= step < off) for step in range(steps)]
    count = steps // STEPS_PER_SPIKE
    times = set(random.Random(SEED).sample(range(on, 9 * steps // 10), count))
    train = [int(step in times) for step in range(steps)]
    step_drive = _drive(fixed, constant, STEP_SPIKES)
    train_drive = _drive(fixed, train, TRAIN_SPIKES)
    return (
        _stimulus(fixed, constant, step_drive, "Step of current: {}"),
        _stimulus(fixed, train, train_drive, f"{count} input spikes of {{}}", pulses=True),
    )


def _stimulus(
    fixed: FixedNeuron,
    pattern: Sequence[int],
    drive: int,
    title: str = "",
    *,
    pulses: bool = False,
) -> Stimulus:
    """Drive the inputs of a neuron, each by what it sums."""
    inputs, feedback = {}, {}
    half_way = len(pattern) // 2
    for name, what in fixed.definition.inputs.items():
        if what.source == "recurrent":
            feedback[name] = fixed.format.quantize(FEEDBACK)
        elif what.source == "inhibitory":
            late = (one * (step >= half_way) for step, one in enumerate(pattern))
            inputs[name] = tuple(one * (drive // 2) for one in late)
        else:
            inputs[name] = tuple(one * drive for one in pattern)
    return Stimulus(title.format(f"{fixed.format.real(drive):g}"), pulses, inputs, feedback)


def _drive(fixed: FixedNeuron, pattern: Sequence[int], spikes: int) -> int:
    """Return the drive of a pattern that causes so many spikes."""
    if not fixed.definition.spikes:
        return fixed.format.quantize(READOUT)
    grid = [odd << power for power in range(fixed.format.width - 3) for odd in (5, 7)]

    def count(drive: int) -> int:
        return sum(spike for _, spike in run_integers(fixed, _stimulus(fixed, pattern, drive)))

    if count(grid[-1]) < spikes:
        return max(grid, key=count)
    return grid[bisect_left(grid, spikes, key=count)]


def _length(fixed: FixedNeuron) -> int:
    """Return the number of steps of a picture."""
    on = [1] * LONGEST
    driven = run_integers(fixed, _stimulus(fixed, on, _drive(fixed, on, 1)))
    length = next((n + 1 for n, (_, spike) in enumerate(driven) if spike), SHORTEST // 5)
    states = [one for one, _ in driven[:length]]
    quiet = [
        one for one, _ in run_integers(fixed, _stimulus(fixed, [0] * (2 * LONGEST), 0), states[-1])
    ]
    settled = 0
    for name, end in quiet[-1].items():
        away = [abs(one[name] - end) for one in states + quiet]
        first, last = away[length : length + LONGEST // 2], away[-LONGEST // 2 :]
        if max(last) > max(first) / 2:
            return SHORTEST
        limit = _LEFT * max(away)
        settled = max([settled, *(n for n, distance in enumerate(away) if distance > limit)])
    return max(SHORTEST, min(LONGEST, -(-2 * settled // SHORTEST) * SHORTEST))


def run_integers(
    fixed: FixedNeuron, stimulus: Stimulus, states: Mapping[str, int] | None = None
) -> list[tuple[Mapping[str, int], bool]]:
    """Return the states after each step, and the spikes, from the start or from ``states``."""
    states, spiked = states or integers.start(fixed), False
    steps = []
    for step in range(len(stimulus)):
        states, spiked = integers.step(fixed, states, stimulus.at(step, spiked=spiked))
        steps.append((states, spiked))
    return steps
