"""Leaky integrate-and-fire neuron with a second-order synapse."""

from ..definition.definition import Parameter, State, neuron
from ..definition.expression import exp, where
from ..fixed import Format
from .core import neuron_core

__all__ = ["PRESETS", "core", "second_order_lif"]


@neuron(
    rise=State("input, filtered once", guard=2),
    current=State("input, filtered twice: the synaptic current", guard=2),
    tau_rise=Parameter(2.0, "time constant with which the current rises", unit="ms", low=1e-6),
    tau_syn=Parameter(4.0, "time constant with which the current decays", unit="ms", low=1e-6),
    tau_mem=Parameter(10.0, "time constant of the membrane", unit="ms", low=1e-6),
    threshold=Parameter(1.0, "the neuron spikes when the membrane reaches it", unit="level"),
    dt=Parameter(1.0, "length of a step", unit="ms", low=1e-6),
)
def second_order_lif(s, i, p):
    """Second-order LIF: the input passes two low-pass filters before the membrane integrates it.

    The synapse is a filter of second order, whose response to a spike is a difference of two
    exponentials: it rises with tau_rise and decays with tau_syn (Fang et al., "Exploiting neuron
    and synapse filter dynamics in spatial temporal learning of deep spiking neural network", IJCAI
    2020). The current-based LIF (cuba_lif) has a filter of first order in its place. Spike at v >=
    threshold, reset by subtraction in the same step.
    """
    keep = exp(-p.dt / p.tau_rise)
    rise = keep * s.rise + (1 - keep) * i
    current = exp(-p.dt / p.tau_syn) * s.current + rise
    u = exp(-p.dt / p.tau_mem) * s.v + current
    spike = u >= p.threshold
    return {
        "v": where(spike, u - p.threshold, u),
        "rise": rise,
        "current": current,
        "spike": spike,
    }


PRESETS = {
    "q8_8": {"format": Format(8, 8)},
    "q8_4": {"format": Format(8, 4), "tau_rise": 4.0, "tau_syn": 4.0, "threshold": 6.0},
}
core = neuron_core(second_order_lif)
