"""The names of an equation: which there may be, and which have a meaning already."""

import inspect
import keyword
import re
from collections.abc import Iterable

from spikewright_hw.engine.neuron_array import core as array
from spikewright_hw.neuron.lif import core
from spikewright_hw.stochastic.neuron.integrate_and_fire import IntegrateAndFire
from spikewright_hw.stochastic.neuron.windowed_neuron import WindowedNeuron

from .parse import FUNCTIONS, close_match
from .place import EquationError, Place

__all__ = ["INPUT", "NAME", "TIME_STEP", "check_name", "check_parameter", "unknown"]

#: A name, as a regular expression.
NAME = r"[A-Za-z][A-Za-z0-9_]*"
#: What arrives in a step.
INPUT = "i"
#: The parameter that holds the length of a step.
TIME_STEP = "dt"

#: Names that mean something else, and what.
_RESERVED = {
    INPUT: "the current that arrives",
    TIME_STEP: "the time step",
    "t": "the time, which a neuron's step does not know",
    "s": "the states in the generated source",
    "p": "the parameters in the generated source",
    "spike": "whether the neuron spikes",
    "rest": "the counter of refractory steps",
    "refractory": "the count of refractory steps",
} | dict.fromkeys((*FUNCTIONS, "absolute", "maximum", "minimum"), "a function")
#: Names of arguments beside which parameters are given as keywords: those of the cores, and of
#: ``network.cell.Cell``, which comes after this package.
_ARGUMENTS = {
    name: "every neuron's core or array"
    for taker in (core, array, IntegrateAndFire, WindowedNeuron)
    for name, argument in inspect.signature(taker).parameters.items()
    if argument.kind is not argument.VAR_KEYWORD
} | dict.fromkeys(
    ("self", "neuron", "learn", "surrogate", "detach_reset", "limits", "inputs", "fused"), "Cell"
)
_LONGEST = 24


def check_name(name: str, label: str, place: Place | None) -> None:
    """Raise :exc:`EquationError` unless a state, a definition or a parameter may be called so.

    ``label`` is what to call it where there is no place.
    """
    if not re.fullmatch(NAME, name) or keyword.iskeyword(name):
        raise EquationError(f"{label}: a name is made of letters, digits and underscores")
    if len(name) > _LONGEST:
        raise EquationError(
            f"{name} has {len(name)} letters, and a name at most {_LONGEST}; shorten it",
            place,
        )
    if name in _RESERVED:
        said = f"{name} is {_RESERVED[name]}; take another name"
        raise EquationError(said if place else f"{label}: {said}", place)


def check_parameter(name: str) -> None:
    """Raise :exc:`EquationError` unless a parameter may be called so, and can then be set."""
    check_name(name, f"parameter {name}", None)
    if name in _ARGUMENTS:
        raise EquationError(
            f"parameter {name}: {name} is an argument of {_ARGUMENTS[name]}; take another name"
        )


def unknown(name: str, known: Iterable[str]) -> str:
    """Say what is wrong with a name that none of the known ones is."""
    if name in _RESERVED:
        return f"{name} is {_RESERVED[name]}; an equation cannot read it"
    near = close_match(name, sorted(known))
    return (
        f"{name} is no state, no definition and no parameter; give a parameter by "
        f'parameters={{"{name}": ...}}, a state by an equation d{name}/dt = ...{near}'
    )
