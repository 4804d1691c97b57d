"""A neuron definition: states, parameters and one update, free of torch and of Amaranth.

What a definition fixes, and where:

- the *units*: a state is a real number in units of one weight step, stored in the layer's
  :class:`~spikewright_hw.fixed.Format`; each :class:`Parameter` names its own;
- the *update order*, the *comparison* and the *reset*: as the update function is written;
- *rounding*: ``>>`` rounds toward minus infinity, nothing else rounds;
- *overflow*: intermediates are exact, and each state is saturated once, when it is stored;
- the *start*: every state is zero before the first step.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Literal

from ..fixed import Format
from .expression import Expression

__all__ = ["Definition", "Parameter", "neuron"]


@dataclass(frozen=True)
class Parameter:
    """A constant of a neuron.

    Parameters
    ----------
    kind : "shift" or "level"
        A ``shift`` is a count of bits, 0 to the state's width. A ``level`` is a value in the
        state's format.
    default : float
        As published or usual; a level in weight steps.
    meaning : str
        One line for the docs.
    """

    kind: Literal["shift", "level"]
    default: float
    meaning: str

    def stored(self, value: float, format: Format) -> int:
        """Give the stored integer of a real value."""
        return format.quantize(value) if self.kind == "level" else int(value)

    def check(self, name: str, stored: int, format: Format) -> None:
        """Raise :exc:`ValueError`, naming the parameter, unless the stored integer is legal."""
        low, high = (0, format.width) if self.kind == "shift" else (format.min, format.max)
        if not low <= stored <= high:
            raise ValueError(
                f"{name} is {stored}; a {self.kind} of a {format} state lies in {low} to {high}"
            )


@dataclass(frozen=True)
class Definition:
    """A neuron, traced.

    Parameters
    ----------
    name : str
        Stem of its module, its core and its pages.
    doc : str
        Its docstring: equation and source.
    states : tuple of str
        State names; ``v`` is the membrane.
    parameters : mapping of str to Parameter
        Constants by name.
    update : mapping of str to Expression
        Next value of each state, before saturation, and ``spike`` unless it never spikes. Leaves
        are the states, the parameters and ``i``, the step's current.
    """

    name: str
    doc: str
    states: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    update: Mapping[str, Expression]

    @property
    def spikes(self) -> bool:
        """Whether the neuron ever spikes; a readout does not."""
        return "spike" in self.update

    def defaults(self, format: Format) -> dict[str, int]:
        """Give the default parameters as stored integers."""
        return {name: p.stored(p.default, format) for name, p in self.parameters.items()}

    def check(self, parameters: Mapping[str, int], format: Format) -> None:
        """Raise :exc:`ValueError`, naming the parameter, unless these are all and legal."""
        for name in self.parameters:
            if name not in parameters:
                raise ValueError(f"{self.name} needs the parameter {name}, and it is missing")
        for name, value in parameters.items():
            if name not in self.parameters:
                known = ", ".join(self.parameters)
                raise ValueError(f"{self.name} has no parameter {name}; it has {known}")
            self.parameters[name].check(f"{self.name}.{name}", value, format)


def neuron(**parameters: Parameter) -> Callable[[Callable], Definition]:
    """Make a definition of an update function; use as a decorator.

    The function takes ``s`` (its states, as attributes), ``i`` (the step's current) and ``p`` (its
    parameters, as attributes), and returns a dict: the next value of each state, and ``spike``
    unless the neuron never spikes.
    """

    def define(function: Callable) -> Definition:
        states = _States()
        i = Expression.leaf("i")
        p = SimpleNamespace(**{name: Expression.leaf(name) for name in parameters})
        update = {name: Expression.of(node) for name, node in function(states, i, p).items()}
        names = tuple(name for name in update if name != "spike")
        for name in names:
            if name in parameters:
                raise ValueError(
                    f"{function.__name__} has a state and a parameter that are both called {name}; "
                    "rename one of them"
                )
            if name == "i":
                raise ValueError(
                    f"{function.__name__} calls a state i, which is the step's current; "
                    "rename the state"
                )
        unset = [name for name in states.seen if name not in names]
        if unset:
            raise ValueError(
                f"{function.__name__} reads the state {unset[0]} but gives it no next value; "
                f"add {unset[0]}=... to what it returns"
            )
        return Definition(
            name=function.__name__,
            doc=inspect.getdoc(function) or "",
            states=names,
            parameters=parameters,
            update=update,
        )

    return define


class _States:
    """Attribute access that makes a leaf of each state that an update reads."""

    def __init__(self):
        self.seen: dict[str, Expression] = {}

    def __getattr__(self, name: str) -> Expression:
        return self.seen.setdefault(name, Expression.leaf(name))
