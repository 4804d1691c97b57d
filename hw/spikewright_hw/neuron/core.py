# amaranth: UnusedElaboratable=no
# (a core that is made for what it says of itself need not be built)
"""From a definition to the ``core`` function of its module."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from ..definition.definition import Definition, Value, check_names
from ..definition.fixed_point import Arithmetic, FixedNeuron
from ..fixed import Format

if TYPE_CHECKING:
    from .component import NeuronCore

__all__ = ["neuron_core"]


def neuron_core(definition: Definition) -> Callable[..., "NeuronCore"]:
    """Return the ``core`` function of a neuron's module.

    Raises :exc:`ValueError` if a parameter is called like one of its own arguments.
    """

    def core(
        *,
        format: Format,
        rounding: Literal["half_up", "floor"] = "half_up",
        saturation: Literal["full", "symmetric", "positive"] = "full",
        digits: int = 4,
        interleave: int = 1,
        **parameters: Value,
    ) -> "NeuronCore":
        arithmetic = Arithmetic(
            format=format, rounding=rounding, saturation=saturation, digits=digits
        )
        fixed = FixedNeuron.of(definition, arithmetic, parameters)
        from .component import NeuronCore  # gateware: a definition is read without it

        return NeuronCore(fixed, interleave=interleave)

    check_names(definition, core, "an argument of every neuron's core")
    core.__doc__ = (
        f"Return one {definition.name} neuron between two streams; "
        "parameters that are not given take their defaults."
    )
    return core
