"""Leaky integrate-and-fire neuron."""

from ..definition.definition import Parameter, neuron
from ..definition.expression import where
from ..fixed import Format
from .core import neuron_core

__all__ = ["PRESETS", "core", "lif"]


@neuron(
    decay=Parameter(0.875, "share of the membrane that is left after a step", low=0, high=1),
    threshold=Parameter(1.0, "the neuron spikes when the membrane reaches it", unit="level"),
)
def lif(s, i, p):
    """Leaky integrate-and-fire: the membrane leaks, integrates, and on a spike loses the threshold.

    The exact step of dv/dt = -v/tau with exp(-dt/tau) = ``decay``, and a current that arrives at
    its end; spike at v >= threshold and reset by subtraction in the same step (Gerstner et al.,
    "Neuronal Dynamics", 2014, section 1.3; reset by subtraction as in Rueckauer et al., Front.
    Neurosci. 11:682, 2017).
    """
    u = p.decay * s.v + i
    spike = u >= p.threshold
    return {"v": where(spike, u - p.threshold, u), "spike": spike}


PRESETS = {
    "q8_8": {"format": Format(8, 8)},
    "q6_4": {"format": Format(6, 4), "decay": 0.75, "threshold": 5.0},
    "q8_8_x4": {"format": Format(8, 8), "interleave": 4},
}
core = neuron_core(lif)
