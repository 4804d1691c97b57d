"""NIR's leaky integrate-and-fire neuron."""

from ..definition.definition import Parameter, State, neuron
from ..definition.expression import where
from ..fixed import Format
from .core import neuron_core

__all__ = ["PRESETS", "core", "nir_lif"]


@neuron(
    v=State("membrane", start="v_leak"),
    tau=Parameter(8.0, "time constant", unit="ms", low=1e-6),
    r=Parameter(8.0, "resistance", unit="Ohm"),
    v_leak=Parameter(0.0, "leak voltage", unit="level"),
    v_threshold=Parameter(1.0, "the neuron spikes when the membrane exceeds it", unit="level"),
    v_reset=Parameter(0.0, "membrane after a spike", unit="level"),
    dt=Parameter(1.0, "length of a step", unit="ms", low=1e-6),
)
def nir_lif(s, i, p):
    """NIR's LIF: a leaky integrator that spikes.

    tau dv/dt = (v_leak - v) + R i, by forward Euler; spike at v > v_threshold, strictly, and reset
    to v_reset in the same step (Pedersen et al., Nat. Commun. 15:8122, 2024). NIR has no step, and
    no defaults but v_reset = 0; these give v[t] = 0.875 v[t-1] + i[t].
    """
    u = s.v + (p.dt / p.tau) * ((p.v_leak - s.v) + p.r * i)
    spike = u > p.v_threshold
    return {"v": where(spike, p.v_reset, u), "spike": spike}


PRESETS = {
    "q8_8": {"format": Format(8, 8)},
    "q6_4": {
        "format": Format(6, 4),
        "tau": 4.0, "r": 2.0, "v_leak": -1.0, "v_threshold": 5.0, "v_reset": -2.0,
    },
}
core = neuron_core(nir_lif)
