"""Leaky integrate-and-fire neuron with alpha-shaped synaptic currents."""

from math import e

from ..definition.definition import Input, Parameter, State, neuron
from ..definition.expression import exp, where
from ..fixed import Format
from .core import neuron_core

__all__ = ["PRESETS", "alpha", "core"]


@neuron(
    exc=Input("excitatory"),
    inh=Input("inhibitory"),
    x_exc=State("what feeds the excitatory current"),
    i_exc=State("excitatory current"),
    x_inh=State("what feeds the inhibitory current"),
    i_inh=State("inhibitory current"),
    tau_exc=Parameter(2.0, "time to peak of the excitatory current", unit="ms", low=1e-6),
    tau_inh=Parameter(2.0, "time to peak of the inhibitory current", unit="ms", low=1e-6),
    tau_mem=Parameter(10.0, "time constant of the membrane", unit="ms", low=1e-6),
    threshold=Parameter(1.0, "the neuron spikes when the membrane reaches it", unit="level"),
    dt=Parameter(1.0, "length of a step", unit="ms", low=1e-6),
)
def alpha(s, exc, inh, p):
    """LIF with alpha synapses: a spike starts a current that rises, peaks after tau and falls.

    The current after one spike of weight w is w (t/tau) exp(1 - t/tau), whose peak is w at t = tau
    (Rall, J. Neurophysiol. 30:1138, 1967). Two states for each sign give the kernel exactly on the
    grid of steps (Rotter and Diesmann, Biol. Cybern. 81:381, 1999). v[t] = exp(-dt/tau_mem) v[t-1]
    + i_exc[t] - i_inh[t], spike at v >= threshold, reset by subtraction in the same step.
    """
    keep_exc, keep_inh = exp(-p.dt / p.tau_exc), exp(-p.dt / p.tau_inh)
    i_exc = keep_exc * s.i_exc + keep_exc * (e * p.dt / p.tau_exc) * s.x_exc
    i_inh = keep_inh * s.i_inh + keep_inh * (e * p.dt / p.tau_inh) * s.x_inh
    u = exp(-p.dt / p.tau_mem) * s.v + i_exc - i_inh
    spike = u >= p.threshold
    return {
        "v": where(spike, u - p.threshold, u),
        "x_exc": keep_exc * s.x_exc + exc,
        "i_exc": i_exc,
        "x_inh": keep_inh * s.x_inh + inh,
        "i_inh": i_inh,
        "spike": spike,
    }


PRESETS = {
    "q8_8": {"format": Format(8, 8)},
    "q8_4": {"format": Format(8, 4), "tau_exc": 3.0, "tau_inh": 5.0, "threshold": 6.0},
}
core = neuron_core(alpha)
