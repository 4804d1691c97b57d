"""Izhikevich's neuron."""

from ..definition.definition import Parameter, State, neuron
from ..definition.expression import where
from ..fixed import Format
from .core import neuron_core

__all__ = ["PRESETS", "core", "izhikevich"]


@neuron(
    v=State("membrane", unit="mV", start=-70.0),
    u=State("recovery", unit="mV/ms", start=-14.0, guard=7),
    a=Parameter(0.02, "rate of the recovery", unit="1/ms", low=0),
    b=Parameter(0.2, "the recovery's sensitivity to the membrane", unit="1/ms"),
    c=Parameter(-65.0, "membrane after a spike", unit="mV"),
    d=Parameter(8.0, "rise of the recovery with a spike", unit="mV/ms"),
    v_peak=Parameter(30.0, "the neuron spikes when the membrane reaches it", unit="mV"),
    gain=Parameter(1.0, "drive of an input of 1", unit="mV/ms"),
    dt=Parameter(0.5, "length of a step", unit="ms", low=1e-6),
)
def izhikevich(s, i, p):
    """Izhikevich's neuron: a quadratic membrane and a linear recovery, for twenty firing patterns.

    dv/dt = 0.04 v^2 + 5 v + 140 - u + gain i and du/dt = a (b v - u), by forward Euler; spike at v
    >= v_peak, then v = c and u = u + d in the same step (Izhikevich, IEEE Trans. Neural Netw.
    14:1569, 2003). The defaults make it spike regularly, and it starts at the rest that they have,
    v = -70 and u = -14. Steps of half a millisecond keep the membrane stable down to -112 mV; the
    paper's program takes them for v alone, and steps of a millisecond for u.
    """
    v = s.v + p.dt * (0.04 * (s.v * s.v) + 5 * s.v + 140 - s.u + p.gain * i)
    u = s.u + p.dt * p.a * (p.b * s.v - s.u)
    spike = v >= p.v_peak
    return {"v": where(spike, p.c, v), "u": where(spike, u + p.d, u), "spike": spike}


PRESETS = {
    "q8_8": {"format": Format(8, 8)},
    "q8_6": {"format": Format(8, 6), "a": 0.1, "d": 2.0},  # fast spiking
}
core = neuron_core(izhikevich)
