"""Leaky integrator: a readout that never spikes."""

from ..definition.definition import Parameter, neuron
from ..fixed import Format
from .core import neuron_core

__all__ = ["PRESETS", "core", "li"]


@neuron(decay=Parameter(0.875, "share of the membrane that is left after a step", low=0, high=1))
def li(s, i, p):
    """Leaky integrator: the membrane leaks and integrates, and is itself the output.

    The exact step of dv/dt = -v/tau with exp(-dt/tau) = ``decay``, and a current that arrives at
    its end: a LIF neuron without threshold (Gerstner et al., "Neuronal Dynamics", 2014, section
    1.3).
    """
    return {"v": p.decay * s.v + i}


PRESETS = {
    "q8_8": {"format": Format(8, 8)},
    "q6_4": {"format": Format(6, 4), "decay": 0.75},
}
core = neuron_core(li)
