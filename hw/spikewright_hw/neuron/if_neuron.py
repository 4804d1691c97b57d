"""Integrate-and-fire neuron without leak."""

from ..definition.definition import Parameter, neuron
from ..definition.expression import where
from ..fixed import Format
from .core import neuron_core

__all__ = ["PRESETS", "core", "if_neuron"]


@neuron(threshold=Parameter(1.0, "the neuron spikes when the membrane reaches it", unit="level"))
def if_neuron(s, i, p):
    """Integrate-and-fire: the membrane integrates without leak, and on a spike loses the threshold.

    dv/dt = i (Abbott, Brain Res. Bull. 50:303, 1999), spike at v >= threshold, reset by subtraction
    in the same step, so that the number of spikes is the sum of the input over the threshold,
    rounded down (Rueckauer et al., Front. Neurosci. 11:682, 2017).
    """
    u = s.v + i
    spike = u >= p.threshold
    return {"v": where(spike, u - p.threshold, u), "spike": spike}


PRESETS = {
    "q8_8": {"format": Format(8, 8)},
    "q6_4": {"format": Format(6, 4), "threshold": 5.0},
}
core = neuron_core(if_neuron)
