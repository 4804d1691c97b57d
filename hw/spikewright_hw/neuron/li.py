"""Leaky integrator: a readout that never spikes."""

from ..definition.definition import Parameter, neuron
from ..fixed import Format
from .core import NeuronCore

__all__ = ["PRESETS", "core", "li"]


@neuron(leak=Parameter("shift", 3, "the membrane loses v / 2**leak each step"))
def li(s, i, p):
    """Leaky integrator: the membrane leaks and integrates, and is itself the output.

    The discrete form of dv/dt = -v/tau + i with exp(-dt/tau) = 1 - 2**-leak: a LIF neuron without
    threshold (Gerstner et al., "Neuronal Dynamics", 2014, section 1.3).
    """
    return {"v": s.v - (s.v >> p.leak) + i}


PRESETS = {
    "q8_8": {"format": Format(8, 8)},
    "q6_4": {"format": Format(6, 4), "leak": 2},
}


def core(*, format: Format, **parameters: int) -> NeuronCore:
    """One LI neuron behind a stream; parameters that are not given take their defaults."""
    return NeuronCore(li, format=format, parameters=li.defaults(format) | parameters)
