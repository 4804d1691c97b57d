"""Leaky integrate-and-fire neuron of a layer whose spikes return to it."""

from ..definition.definition import Input, Parameter, neuron
from ..definition.expression import where
from ..fixed import Format
from .core import neuron_core

__all__ = ["PRESETS", "core", "recurrent_lif"]


@neuron(
    r=Input("recurrent"),
    decay=Parameter(0.875, "share of the membrane that is left after a step", low=0, high=1),
    threshold=Parameter(1.0, "the neuron spikes when the membrane reaches it", unit="level"),
)
def recurrent_lif(s, i, r, p):
    """Recurrent LIF: a leaky integrate-and-fire neuron that hears its layer's last spikes.

    v[t] = decay v[t-1] + i[t] + r[t], where r[t] sums the layer's own spikes of step t - 1 over the
    recurrent weights; spike at v >= threshold and reset by subtraction in the same step (Neftci,
    Mostafa and Zenke, IEEE Signal Process. Mag. 36:51, 2019, with a membrane that takes its input
    directly).
    """
    u = p.decay * s.v + i + r
    spike = u >= p.threshold
    return {"v": where(spike, u - p.threshold, u), "spike": spike}


PRESETS = {
    "q8_8": {"format": Format(8, 8)},
    "q6_4": {"format": Format(6, 4), "decay": 0.75, "threshold": 5.0},
}
core = neuron_core(recurrent_lif)
