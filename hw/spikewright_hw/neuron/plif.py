"""Leaky integrate-and-fire neuron whose leak is trained."""

from ..definition.definition import Parameter, State, neuron
from ..definition.expression import sigmoid, where
from ..fixed import Format
from .core import neuron_core

__all__ = ["PRESETS", "core", "plif"]


@neuron(
    v=State("membrane", start="v_reset"),
    w=Parameter(0.0, "leak: sigmoid(w) is a step over the time constant", trained=True),
    threshold=Parameter(1.0, "the neuron spikes when the membrane reaches it", unit="level"),
    v_reset=Parameter(0.0, "membrane after a spike and at rest", unit="level"),
)
def plif(s, i, p):
    """Parametric LIF: the membrane's time constant is trained along with the weights.

    v[t] = v[t-1] + sigmoid(w) (i[t] - (v[t-1] - v_reset)), spike at v >= threshold and reset to
    v_reset in the same step (Fang et al., "Incorporating learnable membrane time constant to
    enhance learning of spiking neural networks", ICCV 2021, who start from a time constant of two
    steps, w = 0).
    """
    u = s.v + sigmoid(p.w) * (i - (s.v - p.v_reset))
    spike = u >= p.threshold
    return {"v": where(spike, p.v_reset, u), "spike": spike}


PRESETS = {
    "q8_8": {"format": Format(8, 8)},
    "q6_4": {"format": Format(6, 4), "w": -1.0, "threshold": 5.0, "v_reset": -1.0},
}
core = neuron_core(plif)
