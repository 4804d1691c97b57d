"""NIR's integrate-and-fire neuron."""

from ..definition.definition import Parameter, State, neuron
from ..definition.expression import where
from ..fixed import Format
from .core import neuron_core

__all__ = ["PRESETS", "core", "nir_if"]


@neuron(
    v=State("membrane"),
    r=Parameter(1.0, "resistance", unit="Ohm"),
    v_threshold=Parameter(1.0, "the neuron spikes when the membrane exceeds it", unit="level"),
    v_reset=Parameter(0.0, "membrane after a spike", unit="level"),
    dt=Parameter(1.0, "length of a step", unit="ms", low=1e-6),
)
def nir_if(s, i, p):
    """NIR's IF: an integrator that spikes.

    dv/dt = R i, by forward Euler; spike at v > v_threshold, strictly, and reset to v_reset in the
    same step (Pedersen et al., Nat. Commun. 15:8122, 2024). NIR has no step, and no defaults but
    v_reset = 0.
    """
    u = s.v + p.dt * p.r * i
    spike = u > p.v_threshold
    return {"v": where(spike, p.v_reset, u), "spike": spike}


PRESETS = {
    "q8_8": {"format": Format(8, 8)},
    "q6_4": {"format": Format(6, 4), "r": 0.75, "v_threshold": 5.0, "v_reset": -1.0},
}
core = neuron_core(nir_if)
