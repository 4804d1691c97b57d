"""What neurons driven by bitstreams share: which definitions they take, and at which format."""

from collections.abc import Mapping

from ...definition.definition import Value
from ...definition.fixed_point import Arithmetic, FixedNeuron
from ...neuron import DEFINITIONS

__all__ = ["compiled"]


def compiled(
    neuron: str, arithmetic: Arithmetic, parameters: Mapping[str, Value], *, readout: bool
) -> FixedNeuron:
    """Compile a neuron with one input, which spikes unless ``readout`` allows that it does not.

    Raises :exc:`ValueError` for one that is not known, or that bitstreams cannot drive.
    """
    if neuron not in DEFINITIONS:
        raise ValueError(f"there is no neuron {neuron!r}; there are {', '.join(DEFINITIONS)}")
    definition = DEFINITIONS[neuron]
    if len(definition.inputs) > 1:
        raise ValueError(
            f"{neuron} has the inputs {', '.join(definition.inputs)}; a stream of counts drives "
            "a neuron with one"
        )
    if not definition.spikes and not readout:
        raise ValueError(f"{neuron} never spikes, so it makes no bitstream")
    return FixedNeuron.of(definition, arithmetic, parameters)
