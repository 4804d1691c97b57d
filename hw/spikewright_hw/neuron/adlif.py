"""Leaky integrate-and-fire neuron with an adaptation current."""

from math import exp

from ..definition.definition import Parameter, State, neuron
from ..definition.expression import where
from ..fixed import Format
from .core import neuron_core

__all__ = ["PRESETS", "adlif", "core"]

#: The paper keeps the decays within time constants of 5 to 25, and of 30 to 120 steps.
FASTEST, FAST = exp(-1 / 5), exp(-1 / 25)
SLOW, SLOWEST = exp(-1 / 30), exp(-1 / 120)


@neuron(
    w=State("adaptation current", guard=6),
    alpha=Parameter(0.9, "what the leak leaves of v", low=FASTEST, high=FAST, trained=True),
    beta=Parameter(0.98, "what the leak leaves of w", low=SLOW, high=SLOWEST, trained=True),
    a=Parameter(0.1, "adaptation to the membrane", low=-1, high=1, trained=True),
    b=Parameter(1.0, "adaptation to a spike, in thresholds", low=0, high=2, trained=True),
    threshold=Parameter(1.0, "the neuron spikes when the membrane reaches it", unit="level"),
)
def adlif(s, i, p):
    """Adaptive LIF: a second current follows the membrane and the spikes, and works against them.

    w[t] = beta w[t-1] + a u[t-1] + b threshold z[t-1] and u[t] = alpha (u[t-1] - threshold z[t-1])
    + (1 - alpha) (i[t] - w[t]), spike z[t] at u[t] >= threshold (Bittar and Garner, Front.
    Neurosci. 16:865897, 2022, whose threshold is 1, and who train all four parameters within these
    bounds and start them at random). The states hold what the next step needs: v = u - threshold z,
    and w is a step ahead.
    """
    u = p.alpha * s.v + (1 - p.alpha) * (i - s.w)
    spike = u >= p.threshold
    return {
        "v": where(spike, u - p.threshold, u),
        "w": p.beta * s.w + p.a * u + where(spike, p.b * p.threshold, 0),
        "spike": spike,
    }


PRESETS = {
    "q8_8": {"format": Format(8, 8)},
    "q8_4": {"format": Format(8, 4), "alpha": 0.95, "a": 0.25, "b": 2.0, "threshold": 6.0},
}
core = neuron_core(adlif)
