"""NIR's current-based leaky integrate-and-fire neuron."""

from ..definition.definition import Parameter, State, neuron
from ..definition.expression import where
from ..fixed import Format
from .core import neuron_core

__all__ = ["PRESETS", "core", "nir_cuba_lif"]


@neuron(
    v=State("membrane", start="v_leak"),
    current=State("synaptic current", guard=2),
    tau_syn=Parameter(4.0, "time constant of the synaptic current", unit="ms", low=1e-6),
    tau_mem=Parameter(8.0, "time constant of the membrane", unit="ms", low=1e-6),
    r=Parameter(8.0, "resistance", unit="Ohm"),
    v_leak=Parameter(0.0, "leak voltage", unit="level"),
    v_threshold=Parameter(1.0, "the neuron spikes when the membrane exceeds it", unit="level"),
    v_reset=Parameter(0.0, "membrane after a spike", unit="level"),
    w_in=Parameter(4.0, "weight of the input"),
    dt=Parameter(1.0, "length of a step", unit="ms", low=1e-6),
)
def nir_cuba_lif(s, i, p):
    """NIR's CubaLIF: a leaky integrator of a synaptic current, which spikes.

    tau_syn dI/dt = -I + w_in i and tau_mem dv/dt = (v_leak - v) + R I, by forward Euler, so that
    the membrane takes the current of the step before; spike at v > v_threshold, strictly, and reset
    to v_reset in the same step, while the current goes on (Pedersen et al., Nat. Commun. 15:8122,
    2024). NIR has no step, and no defaults but w_in = 1 and v_reset = 0.
    """
    current = s.current + (p.dt / p.tau_syn) * (p.w_in * i - s.current)
    u = s.v + (p.dt / p.tau_mem) * ((p.v_leak - s.v) + p.r * s.current)
    spike = u > p.v_threshold
    return {"v": where(spike, p.v_reset, u), "current": current, "spike": spike}


PRESETS = {
    "q8_8": {"format": Format(8, 8)},
    "q6_4": {
        "format": Format(6, 4),
        "tau_syn": 2.0, "r": 2.0, "v_leak": -1.0, "v_threshold": 5.0, "v_reset": -2.0, "w_in": 2.0,
    },
}
core = neuron_core(nir_cuba_lif)
