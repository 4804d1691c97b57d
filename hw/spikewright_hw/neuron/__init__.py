"""The neurons: each module is one definition, and the core that is lowered from it.

Neurons that are parallel in time are not here. The parallel spiking neuron (PSN; Fang et al.,
NeurIPS 2023) weighs all steps of a sequence, those to come too, so nothing that runs along with its
input can compute it. Its sliding form is causal, but keeps a window of 32 inputs for each neuron
and a product for each of them; PMSN (Chen et al., 2024) keeps complex states and multiplies them.
"""

from .adex import adex
from .adlif import adlif
from .alif import alif
from .alpha import alpha
from .clif import clif
from .cuba_lif import cuba_lif
from .exp_if import exp_if
from .glif import glif
from .if_neuron import if_neuron
from .izhikevich import izhikevich
from .lapicque import lapicque
from .li import li
from .lif import lif
from .lif_refractory import lif_refractory
from .nir_cuba_li import nir_cuba_li
from .nir_cuba_lif import nir_cuba_lif
from .nir_if import nir_if
from .nir_li import nir_li
from .nir_lif import nir_lif
from .plif import plif
from .recurrent_lif import recurrent_lif
from .second_order_lif import second_order_lif
from .tc_lif import tc_lif

__all__ = ["DEFINITIONS"]

#: Every neuron definition by name, the simple ones first.
DEFINITIONS = {
    definition.name: definition
    for definition in (
        li, if_neuron, lif, lif_refractory, lapicque, plif, recurrent_lif,
        cuba_lif, alpha, second_order_lif,
        alif, adlif, glif, clif, tc_lif,
        exp_if, adex, izhikevich,
        nir_li, nir_if, nir_lif, nir_cuba_li, nir_cuba_lif,
    )
}
