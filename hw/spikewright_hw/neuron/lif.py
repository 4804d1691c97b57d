"""Leaky integrate-and-fire neuron."""

from ..definition.definition import Parameter, neuron
from ..definition.expression import where
from ..fixed import Format
from .core import NeuronCore

__all__ = ["PRESETS", "core", "lif"]


@neuron(
    leak=Parameter("shift", 3, "the membrane loses v / 2**leak each step"),
    threshold=Parameter("level", 1.0, "the neuron spikes when the membrane reaches it"),
)
def lif(s, i, p):
    """Leaky integrate-and-fire: the membrane leaks, integrates, and on a spike loses the threshold.

    The discrete form of dv/dt = -v/tau + i with exp(-dt/tau) = 1 - 2**-leak, spike at
    v >= threshold and reset by subtraction in the same step (Gerstner et al., "Neuronal Dynamics",
    2014, section 1.3; reset by subtraction as in Rueckauer et al., Front. Neurosci. 11:682, 2017).
    """
    u = s.v - (s.v >> p.leak) + i
    spike = u >= p.threshold
    return {"v": where(spike, u - p.threshold, u), "spike": spike}


PRESETS = {
    "q8_8": {"format": Format(8, 8)},
    "q6_4": {"format": Format(6, 4), "leak": 2, "threshold": 5 << 4},
}


def core(*, format: Format, **parameters: int) -> NeuronCore:
    """One LIF neuron behind a stream; parameters that are not given take their defaults."""
    return NeuronCore(lif, format=format, parameters=lif.defaults(format) | parameters)
