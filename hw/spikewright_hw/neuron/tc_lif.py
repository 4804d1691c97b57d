"""Two-compartment leaky integrate-and-fire neuron."""

from ..definition.definition import Parameter, State, neuron
from ..definition.expression import sigmoid, where
from ..fixed import Format
from .core import neuron_core

__all__ = ["PRESETS", "core", "tc_lif"]


@neuron(
    v=State("soma"),
    dendrite=State("dendrite"),
    c1=Parameter(0.0, "feedback of the soma: beta_1 = -sigmoid(c1)", trained=True),
    c2=Parameter(0.0, "drive by the dendrite: beta_2 = sigmoid(c2)", trained=True),
    gamma=Parameter(0.5, "what a spike takes from the dendrite", unit="level"),
    threshold=Parameter(1.0, "the neuron spikes when the soma reaches it", unit="level"),
)
def tc_lif(s, i, p):
    """Two-compartment LIF: a dendrite keeps the memory, and the soma that it drives spikes.

    d[t] = d[t-1] + beta_1 v[t-1] + i[t] and v[t] = v[t-1] + beta_2 d[t], with beta_1 in (-1, 0) and
    beta_2 in (0, 1) trained; spike at v >= threshold, which takes gamma from the dendrite and the
    threshold from the soma in the same step (Zhang et al., "TC-LIF: a two-compartment spiking
    neuron model for long-term sequential modelling", AAAI 2024).
    """
    dendrite = s.dendrite - sigmoid(p.c1) * s.v + i
    v = s.v + sigmoid(p.c2) * dendrite
    spike = v >= p.threshold
    return {
        "v": where(spike, v - p.threshold, v),
        "dendrite": where(spike, dendrite - p.gamma, dendrite),
        "spike": spike,
    }


PRESETS = {
    "q8_8": {"format": Format(8, 8)},
    "q8_4": {"format": Format(8, 4), "c1": 1.0, "c2": -1.0, "gamma": 3.0, "threshold": 6.0},
}
core = neuron_core(tc_lif)
