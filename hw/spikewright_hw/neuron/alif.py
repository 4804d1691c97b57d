"""Leaky integrate-and-fire neuron with an adaptive threshold."""

from ..definition.definition import Parameter, State, neuron
from ..definition.expression import exp, where
from ..fixed import Format
from .core import neuron_core

__all__ = ["PRESETS", "alif", "core"]


@neuron(
    a=State("adaptation: the neuron's own spikes, fading", unit="1", guard=8),
    tau_m=Parameter(20.0, "time constant of the membrane", unit="ms", low=1e-6),
    tau_a=Parameter(200.0, "time constant of the adaptation", unit="ms", low=1e-6),
    beta=Parameter(0.184, "rise of the threshold with each spike", unit="level", low=0),
    threshold=Parameter(1.6, "threshold without adaptation", unit="level"),
    dt=Parameter(1.0, "length of a step", unit="ms", low=1e-6),
)
def alif(s, i, p):
    """Adaptive LIF: each spike lifts the threshold, which then sinks back slowly.

    u[t] = alpha u[t-1] + i[t] - threshold z[t-1] and a[t] = rho a[t-1] + z[t-1], spike z[t] at u[t]
    >= threshold + beta a[t]; alpha = exp(-dt/tau_m), rho = exp(-dt/tau_a) (Bellec et al., Nat.
    Commun. 11:3625, 2020, who adapt like this for speech; the neuron of the LSNN, Bellec et al.,
    NeurIPS 2018). The states hold what the next step needs: v = u - (threshold / alpha) z, and a is
    a step ahead.
    """
    alpha, rho = exp(-p.dt / p.tau_m), exp(-p.dt / p.tau_a)
    u = alpha * s.v + i
    spike = u >= p.threshold + p.beta * s.a
    return {
        "v": where(spike, u - p.threshold / alpha, u),
        "a": rho * s.a + where(spike, 1, 0),
        "spike": spike,
    }


PRESETS = {
    "q8_8": {"format": Format(8, 8)},
    "q8_4": {"format": Format(8, 4), "tau_m": 10.0, "beta": 0.5, "threshold": 6.0},
}
core = neuron_core(alif)
