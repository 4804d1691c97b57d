"""NIR's leaky integrator."""

from ..definition.definition import Parameter, State, neuron
from ..fixed import Format
from .core import neuron_core

__all__ = ["PRESETS", "core", "nir_li"]


@neuron(
    v=State("membrane", start="v_leak"),
    tau=Parameter(8.0, "time constant", unit="ms", low=1e-6),
    r=Parameter(8.0, "resistance", unit="Ohm"),
    v_leak=Parameter(0.0, "leak voltage", unit="level"),
    dt=Parameter(1.0, "length of a step", unit="ms", low=1e-6),
)
def nir_li(s, i, p):
    """NIR's LI: a leaky integrator that never spikes.

    tau dv/dt = (v_leak - v) + R i, by forward Euler (Pedersen et al., Nat. Commun. 15:8122, 2024).
    NIR has no step and no defaults; these give v[t] = 0.875 v[t-1] + i[t].
    """
    return {"v": s.v + (p.dt / p.tau) * ((p.v_leak - s.v) + p.r * i)}


PRESETS = {
    "q8_8": {"format": Format(8, 8)},
    "q6_4": {"format": Format(6, 4), "tau": 4.0, "r": 2.0, "v_leak": -1.0},
}
core = neuron_core(nir_li)
