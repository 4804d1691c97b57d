"""The neurons: each module is one definition, and the core that is lowered from it.

Neurons that are parallel in time are not here. The parallel spiking neuron (PSN; Fang et al.,
NeurIPS 2023) weighs all steps of a sequence, those to come too, so nothing that runs along with its
input can compute it. Its sliding form is causal, but keeps a window of 32 inputs for each neuron
and a product for each of them; PMSN (Chen et al., 2024) keeps complex states and multiplies them.
"""

from importlib import import_module

from ..definition.definition import Definition
from ..registry import ENTRIES

__all__ = ["DEFINITIONS"]

#: Every neuron definition by name, in the order of the registry: the simple ones first.
DEFINITIONS: dict[str, Definition] = {
    entry.name: getattr(import_module(f".{entry.name}", __name__), entry.name)
    for entry in ENTRIES
    if entry.family == "neuron"
}
