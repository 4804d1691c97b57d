"""Leaky integrate-and-fire neuron with an absolute refractory period."""

from ..definition.refractory import refractory
from ..fixed import Format
from .core import neuron_core
from .lif import lif

__all__ = ["PRESETS", "core", "lif_refractory"]

lif_refractory = refractory(lif, name="lif_refractory")

PRESETS = {
    "q8_8": {"format": Format(8, 8)},
    "q6_4": {"format": Format(6, 4), "decay": 0.75, "threshold": 5.0, "refractory": 5},
}
core = neuron_core(lif_refractory)
