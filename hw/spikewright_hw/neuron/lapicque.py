"""Lapicque's neuron: a resistor, a capacitor and a threshold."""

from ..definition.definition import Parameter, neuron
from ..definition.expression import exp, where
from ..fixed import Format
from .core import neuron_core

__all__ = ["PRESETS", "core", "lapicque"]


@neuron(
    resistance=Parameter(5.0, "resistance of the membrane", unit="MOhm", low=1e-6),
    capacitance=Parameter(1.0, "capacitance of the membrane", unit="nF", low=1e-6),
    threshold=Parameter(1.0, "the neuron spikes when the membrane reaches it", unit="level"),
    dt=Parameter(1.0, "length of a step", unit="ms", low=1e-6),
)
def lapicque(s, i, p):
    """Lapicque's neuron: a current charges a leaky capacitor, which a spike discharges.

    C dv/dt = -v/R + i, spike at v >= threshold and reset to zero in the same step (Lapicque, J.
    Physiol. Pathol. Gen. 9:620, 1907; translated by Brunel and van Rossum, Biol. Cybern. 97:341,
    2007). The step is exact for a current that is constant throughout it.
    """
    decay = exp(-p.dt / (p.resistance * p.capacitance))
    u = decay * s.v + (1 - decay) * p.resistance * i
    spike = u >= p.threshold
    return {"v": where(spike, 0, u), "spike": spike}


PRESETS = {
    "q8_8": {"format": Format(8, 8)},
    "q6_4": {"format": Format(6, 4), "resistance": 2.0, "capacitance": 4.0, "threshold": 3.0},
}
core = neuron_core(lapicque)
