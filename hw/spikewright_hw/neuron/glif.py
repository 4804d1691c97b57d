"""Gated leaky integrate-and-fire neuron."""

from ..definition.definition import Parameter, neuron
from ..definition.expression import sigmoid, where
from ..fixed import Format
from .core import neuron_core

__all__ = ["PRESETS", "core", "glif"]


@neuron(
    alpha=Parameter(0.2, "gate of the leak: high exponential, low linear", trained=True),
    beta=Parameter(0.62, "gate of the input: high by conductance, low direct", trained=True),
    gamma=Parameter(0.2, "gate of the reset: high to zero, low by subtraction", trained=True),
    tau=Parameter(0.25, "what the exponential leak leaves in a step", low=0, high=1, trained=True),
    leak=Parameter(1 / 16, "what the linear leak takes in a step", "level", low=0, trained=True),
    conductance=Parameter(0.5, "share of the input that passes", low=0, high=1, trained=True),
    v_reset=Parameter(0.5, "what a spike takes by subtraction", "level", low=0, trained=True),
    threshold=Parameter(0.5, "the neuron spikes when it is reached", "level", trained=True),
)
def glif(s, i, p):
    """Gated LIF: gates mix two kinds each of leak, input and reset, and all of it is trained.

    u[t] = (1 - al (1 - tau)) u[t-1] (1 - ga z[t-1]) - (1 - al) leak + (1 - be (1 - conductance))
    i[t] - (1 - ga) v_reset z[t-1], spike z[t] at u[t] >= threshold; al, be and ga are the sigmoids
    of alpha, beta and gamma (Yao et al., "GLIF: a unified gated leaky integrate-and-fire neuron for
    spiking neural networks", NeurIPS 2022; their conductance differs from step to step, here it
    does not). The state holds what the next step needs: v is u after the reset, which comes ahead
    of the leak and so divides v_reset by what that leaves.
    """
    al, be, ga = sigmoid(p.alpha), sigmoid(p.beta), sigmoid(p.gamma)
    keep = 1 - al * (1 - p.tau)
    u = keep * s.v - (1 - al) * p.leak + (1 - be * (1 - p.conductance)) * i
    spike = u >= p.threshold
    return {"v": where(spike, (1 - ga) * (u - p.v_reset / keep), u), "spike": spike}


PRESETS = {
    "q8_8": {"format": Format(8, 8)},
    "q6_4": {"format": Format(6, 4), "alpha": -1.0, "beta": 1.0, "threshold": 4.0, "v_reset": 4.0},
}
core = neuron_core(glif)
