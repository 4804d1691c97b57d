"""How strong the first weights are: as strong as the neuron that they drive needs them.

Most neurons have a threshold of 1.0 and add their input as it is. Others count in millivolts, or
scale their input down, and a network of these with the first weights of those would never spike;
nothing could then be trained, since a surrogate gradient reaches little further than the threshold.
"""

from collections.abc import Mapping

from spikewright_hw.definition import reals
from spikewright_hw.definition.definition import Definition, Value

__all__ = ["drive"]

#: Steps within which a current of one step has to make a neuron spike.
_STEPS = 25


def drive(definition: Definition, values: Mapping[str, Value]) -> float:
    """Return the power of two nearest above the input of one step that makes a neuron spike.

    Parameters
    ----------
    definition : Definition
    values : mapping of str to float or sequence of float
        Its parameters; of those that differ between neurons, the first neuron's count.

    Returns
    -------
    float
        From 1 to 1024; 1 for a readout, and for a neuron that no such input makes spike.
    """
    if not definition.spikes:
        return 1.0
    first = {
        name: value if isinstance(value, int | float) else value[0]
        for name, value in values.items()
    }
    strengths = (2.0**exponent for exponent in range(11))
    return next((one for one in strengths if _spikes(definition, first, one)), 1.0)


def _spikes(definition: Definition, values: Mapping[str, float], current: float) -> bool:
    """Return whether a neuron at its start spikes after a current of one step."""
    silence = dict.fromkeys(definition.inputs, 0.0)
    heard = {
        name: current
        for name, one in definition.inputs.items()
        if one.source in ("all", "excitatory")
    }
    states = reals.start(definition, values)
    for step in range(_STEPS):
        inputs = silence | heard if step == 0 else silence
        states, spike = reals.step(definition, states, inputs, parameters=values)
        if spike:
            return True
    return False
