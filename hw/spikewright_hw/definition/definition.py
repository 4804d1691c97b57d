"""A neuron definition: inputs, states, parameters and one update, free of torch and of Amaranth.

What a definition fixes, and where:

- the *units*: each :class:`Parameter` and each :class:`State` names its own;
- the *start*: :attr:`State.start`;
- the *update order*, the *comparison*, the *reset* and what is *refractory*: as the update function
  is written;
- what *rounds* and what *saturates*: nothing in here. An equation speaks of real numbers;
  :mod:`~spikewright_hw.definition.fixed_point` rounds and saturates each state once, when it is
  stored.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from types import SimpleNamespace
from typing import Any, Literal

from .expression import Expression
from .graph import listing, merged

__all__ = ["Definition", "Input", "Parameter", "State", "Value", "check_names", "neuron"]

#: What a parameter is given as: one number, or one for each neuron.
Value = float | Sequence[float]


@dataclass(frozen=True)
class Input:
    """What arrives at a neuron in a step.

    Parameters
    ----------
    source : str
        Which synapses of a layer it sums: ``"all"`` that come from the layer before, the
        ``"excitatory"`` ones alone (positive weights), the ``"inhibitory"`` ones alone (negative
        weights, their size), or the ``"recurrent"`` ones, from the layer's own spikes of the step
        before.
    """

    source: Literal["all", "excitatory", "inhibitory", "recurrent"] = "all"


@dataclass(frozen=True)
class State:
    """What a neuron keeps from step to step.

    Parameters
    ----------
    meaning : str
        One line for the docs.
    unit : str
        ``"level"`` is the membrane's unit, ``"1"`` none.
    start : float or str
        Value before the first step, or the parameter that gives it.
    guard : int
        Bits after the point beyond those of the membrane, for a state that moves slowly.
    bits : int, optional
        For a state of whole numbers, such as a counter: its width, the sign among it. Such a state
        is never rounded.
    """

    meaning: str = ""
    unit: str = "level"
    start: float | str = 0.0
    guard: int = 0
    bits: int | None = None


@dataclass(frozen=True)
class Parameter:
    """A constant of a neuron, a real number.

    Parameters
    ----------
    default : float
        As published, or usual.
    meaning : str
        One line for the docs.
    unit : str
        ``"1"`` for a mere number; ``"level"`` for the membrane's unit; or a unit such as ``"ms"``.
    low, high : float, optional
        Bounds, both allowed.
    trained : bool
        Whether the neuron's source trains it along with the weights.
    """

    default: float
    meaning: str
    unit: str = "1"
    low: float | None = None
    high: float | None = None
    trained: bool = False

    def plain(self, name: str, given: Any) -> Value:
        """Return a value as a number, or as a tuple of one for each neuron, within its range.

        Arrays and tensors are taken as what they hold. Raises :exc:`ValueError`, naming the
        parameter, for what is neither a number nor a sequence of numbers, or out of range.
        """
        listed = given.tolist() if hasattr(given, "tolist") else given
        value = tuple(listed) if isinstance(listed, Sequence) else listed
        several = value if isinstance(value, tuple) else (value,)
        if not several or isinstance(given, str) or not all(map(_is_number, several)):
            raise ValueError(
                f"{name} is {given!r}; it is a number, or a sequence of one number for each neuron"
            )
        self.check(name, value)
        return value

    def check(self, name: str, value: Value) -> None:
        """Raise :exc:`ValueError`, naming the parameter, unless every value is in its range."""
        for one in value if isinstance(value, Sequence) else (value,):
            low = -float("inf") if self.low is None else self.low
            high = float("inf") if self.high is None else self.high
            if not low <= one <= high or abs(one) == float("inf"):
                raise ValueError(f"{name} is {one:g}; {self._range()}")

    def _range(self) -> str:
        if self.low is None and self.high is None:
            return "it must be a finite number"
        if self.high is None:
            return f"it must be at least {self.low:g}"
        if self.low is None:
            return f"it must be at most {self.high:g}"
        return f"it lies in {self.low:g} to {self.high:g}"


@dataclass(frozen=True, eq=False)
class Definition:
    """A neuron, traced. Two that compute the same by the same graph are equal, whatever their doc.

    Parameters
    ----------
    name : str
        Stem of its module, its core and its pages.
    doc : str
        Its docstring: equation and source.
    inputs : mapping of str to Input
        What arrives in a step.
    states : mapping of str to State
        ``v`` is the membrane.
    parameters : mapping of str to Parameter
        Constants by name.
    update : mapping of str to Expression
        Next value of each state, and ``spike`` unless it never spikes. Leaves are the inputs, the
        states and the parameters.
    """

    name: str
    doc: str
    inputs: Mapping[str, Input]
    states: Mapping[str, State]
    parameters: Mapping[str, Parameter]
    update: Mapping[str, Expression]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Definition):
            return NotImplemented
        return self is other or self._content == other._content

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def _content(self) -> tuple:
        graph = listing(merged(self.update))
        return self.name, dict(self.inputs), dict(self.states), dict(self.parameters), graph

    @property
    def spikes(self) -> bool:
        """Whether the neuron ever spikes; a readout does not."""
        return "spike" in self.update

    @property
    def hears_itself(self) -> bool:
        """Whether an input sums recurrent weights, those of the layer's own spikes."""
        return any(one.source == "recurrent" for one in self.inputs.values())

    def values(self, given: Mapping[str, Value] | None = None) -> dict[str, Value]:
        """Return all parameters, those not given by default.

        Raises :exc:`ValueError`, naming the parameter, for one that is unknown, no number, out of
        its range, or given for another number of neurons than one before.
        """
        given = given or {}
        for name in given:
            if name not in self.parameters:
                known = ", ".join(self.parameters) or "none"
                raise ValueError(f"{self.name} has no parameter {name}; it has {known}")
        values: dict[str, Value] = {name: p.default for name, p in self.parameters.items()}
        values |= given
        for name, value in values.items():
            values[name] = self.parameters[name].plain(f"{self.name}.{name}", value)
        self.neurons(values)
        return values

    def neurons(self, values: Mapping[str, Value]) -> int | None:
        """Return for how many neurons values are given; None where each is the same for all.

        Raises :exc:`ValueError` if they differ.
        """
        counts = {name: len(one) for name, one in values.items() if isinstance(one, Sequence)}
        for name, count in counts.items():
            first = next(iter(counts))
            if count != counts[first]:
                raise ValueError(
                    f"{self.name}.{first} has {counts[first]} values, and {self.name}.{name} has "
                    f"{count}; each has one for each neuron"
                )
        return next(iter(counts.values()), None)


def check_names(definition: Definition, function: Callable, what: str) -> None:
    """Raise :exc:`ValueError` if a parameter is called like an argument of a function.

    ``function`` takes parameters as keywords, beside arguments of its own, which are ``what``.
    """
    for name, argument in inspect.signature(function).parameters.items():
        if name in definition.parameters and argument.kind is not argument.VAR_KEYWORD:
            raise ValueError(
                f"{definition.name} has a parameter called {name}, which is {what}; rename it"
            )


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def neuron(**declared: Input | State | Parameter) -> Callable[[Callable], Definition]:
    """Make a definition of an update function; use as a decorator.

    The function takes ``s`` (its states, as attributes), each of its inputs by name, and last ``p``
    (its parameters, as attributes). It returns a dict: the next value of each state, and ``spike``
    unless the neuron never spikes. Parameters are declared; states and inputs are where their
    default does not do.
    """

    def define(function: Callable) -> Definition:
        name = function.__name__
        _, *inputs, _ = inspect.signature(function).parameters
        parameters = {k: p for k, p in declared.items() if isinstance(p, Parameter)}
        for word in (*inputs, "spike"):
            if word in parameters:
                raise ValueError(f"{name} has an input and a parameter called {word}; rename one")
        states = _States()
        update = {
            output: Expression.of(node)
            for output, node in function(
                states,
                *(Expression.leaf(word) for word in inputs),
                SimpleNamespace(**{word: Expression.leaf(word) for word in parameters}),
            ).items()
        }
        given = [output for output in update if output != "spike"]
        for state in given:
            if state in parameters:
                raise ValueError(
                    f"{name} has a state and a parameter that are both called {state}; "
                    "rename one of them"
                )
            if state in inputs:
                raise ValueError(
                    f"{name} calls a state {state}, which is what arrives in a step; "
                    "rename the state"
                )
        for state in states._seen:
            if state not in given:
                raise ValueError(
                    f"{name} reads the state {state} but gives it no next value; "
                    f"add {state}=... to what it returns"
                )
        for word, what in declared.items():
            if not isinstance(what, Parameter) and word not in (*given, *inputs):
                raise ValueError(f"{name} declares {word}, and has no such state or input")
        return Definition(
            name=name,
            doc=inspect.getdoc(function) or "",
            inputs={word: _declared(declared, word, Input) for word in inputs},
            states={word: _declared(declared, word, State) for word in given},
            parameters=parameters,
            update=update,
        )

    return define


def _declared(declared: Mapping, name: str, kind: type):
    what = declared.get(name, kind())
    if not isinstance(what, kind):
        is_a = {Input: "an input", State: "a state"}[kind]
        raise ValueError(f"{name} is declared as {what!r}; it is {is_a}")
    return what


class _States:
    """Attribute access that makes a leaf of each state that an update reads."""

    def __init__(self):
        self._seen: dict[str, Expression] = {}

    def __getattr__(self, name: str) -> Expression:
        return self._seen.setdefault(name, Expression.leaf(name))
