"""Current-based leaky integrate-and-fire neuron, also called Synaptic."""

from ..definition.definition import Parameter, State, neuron
from ..definition.expression import exp, where
from ..fixed import Format
from .core import neuron_core

__all__ = ["PRESETS", "core", "cuba_lif"]


@neuron(
    current=State("synaptic current", guard=3),
    tau_syn=Parameter(5.0, "time constant of the synaptic current", unit="ms", low=1e-6),
    tau_mem=Parameter(10.0, "time constant of the membrane", unit="ms", low=1e-6),
    threshold=Parameter(1.0, "the neuron spikes when the membrane reaches it", unit="level"),
    dt=Parameter(1.0, "length of a step", unit="ms", low=1e-6),
)
def cuba_lif(s, i, p):
    """Current-based LIF: a spike starts a current that decays, and the membrane integrates it.

    I[t] = alpha I[t-1] + i[t] and v[t] = beta v[t-1] + I[t], alpha = exp(-dt/tau_syn), beta =
    exp(-dt/tau_mem); spike at v >= threshold and reset by subtraction in the same step (Neftci,
    Mostafa and Zenke, IEEE Signal Process. Mag. 36:51, 2019). Frameworks also call it Synaptic.
    """
    current = exp(-p.dt / p.tau_syn) * s.current + i
    u = exp(-p.dt / p.tau_mem) * s.v + current
    spike = u >= p.threshold
    return {"v": where(spike, u - p.threshold, u), "current": current, "spike": spike}


PRESETS = {
    "q8_8": {"format": Format(8, 8)},
    "q8_4": {"format": Format(8, 4), "tau_syn": 2.0, "tau_mem": 5.0, "threshold": 6.0},
}
core = neuron_core(cuba_lif)
