"""The neurons: each module is one definition, and the core that is lowered from it."""

from .li import li
from .lif import lif

__all__ = ["DEFINITIONS"]

#: Every neuron definition by name.
DEFINITIONS = {definition.name: definition for definition in (li, lif)}
