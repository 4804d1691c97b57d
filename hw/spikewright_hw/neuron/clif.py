"""Complementary leaky integrate-and-fire neuron."""

from ..definition.definition import Parameter, State, neuron
from ..definition.expression import sigmoid, where
from ..fixed import Format
from .core import neuron_core

__all__ = ["PRESETS", "clif", "core"]


@neuron(
    m=State("complementary potential", unit="1"),
    tau=Parameter(2.0, "time constant of the membrane", unit="steps", low=1),
    threshold=Parameter(1.0, "the neuron spikes when it is reached", unit="level", low=1e-6),
)
def clif(s, i, p):
    """Complementary LIF: the more it has spiked of late, the more a spike takes from the membrane.

    u[t] = (1 - 1/tau) u[t-1] + i[t], spike z[t] at u >= threshold; the complementary potential m[t]
    = m[t-1] sigmoid(u[t] / tau) + z[t] gains with a spike and fades, faster where the membrane is
    low; the reset subtracts threshold + sigmoid(m[t]) in the same step (Huang et al., "CLIF:
    complementary leaky integrate-and-fire neuron for spiking neural networks", ICML 2024). The
    paper has a threshold of 1; here both sigmoids count in thresholds, so that another one merely
    scales the neuron.
    """
    u = (1 - 1 / p.tau) * s.v + i
    spike = u >= p.threshold
    m = s.m * sigmoid(u / (p.tau * p.threshold)) + where(spike, 1, 0)
    return {
        "v": where(spike, u - p.threshold - p.threshold * sigmoid(m), u),
        "m": m,
        "spike": spike,
    }


PRESETS = {
    "q8_8": {"format": Format(8, 8)},
    "q6_4": {"format": Format(6, 4), "tau": 4.0, "threshold": 5.0},
}
core = neuron_core(clif)
