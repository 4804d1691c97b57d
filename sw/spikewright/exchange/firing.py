"""Definitions of the neurons that frameworks have and the registry does not.

A neuron of a framework differs from another in few things: how its membrane takes the input, how
the membrane is compared with the threshold, what a spike does to it, and when. Each framework's
module says how the membrane takes the input; the rest is here, once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from spikewright_hw.definition.definition import Definition, Input, Parameter, State, neuron
from spikewright_hw.definition.expression import Expression, Operations, where
from spikewright_hw.definition.graph import evaluate

__all__ = [
    "DECAY", "THRESHOLD", "Charge", "Firing", "defined", "hearing_itself", "silent",
    "with_threshold",
]

#: From states, the input and parameters to the next states; ``v`` is the membrane before a reset.
Charge = Callable[[Any, Any, Any], dict[str, Any]]

#: A share that is left after a step.
DECAY = Parameter(0.875, "share of the membrane that is left after a step", low=0, high=1)
THRESHOLD = Parameter(1.0, "what the membrane is compared with", unit="level")
_RESET = Parameter(0.0, "membrane after a spike", unit="level")


@dataclass(frozen=True, kw_only=True)
class Firing:
    """When a neuron spikes, and what that does to its membrane.

    Parameters
    ----------
    comparison : str
        ``>`` or ``>=``, of the membrane with the threshold.
    reset : str
        ``subtract`` takes the threshold from the membrane, ``value`` sets the membrane to a
        parameter ``v_reset``, and ``none`` leaves it.
    late : bool
        Whether the reset acts in the step after the spike, on what the membrane has become there:
        snnTorch's ``reset_delay``.
    corrected : bool
        As snnTorch without ``reset_delay``: the threshold is still subtracted late where the
        membrane remained above it, and the subtraction in the same step is set off against that.
    """

    comparison: Literal[">", ">="]
    reset: Literal["subtract", "value", "none"]
    late: bool = False
    corrected: bool = False
    threshold: str = "threshold"

    def __str__(self) -> str:
        words = {"subtract": "the threshold is subtracted", "value": "it is set to v_reset"}
        if self.reset == "none":
            return f"spike at v {self.comparison} {self.threshold}, no reset"
        when = "in the step after" if self.late else "in the same step"
        return f"spike at v {self.comparison} {self.threshold}; {words[self.reset]} {when}"

    def _above(self, v, threshold):
        return v > threshold if self.comparison == ">" else v >= threshold

    def finish(self, s: Any, after: dict[str, Any], p: Any) -> dict[str, Any]:
        """Return the next states and the spike, from the states with ``v`` before its reset."""
        u, threshold = after["v"], getattr(p, self.threshold)
        before = self._above(s.v, threshold)
        if self.reset == "subtract" and (self.late or self.corrected):
            u = u - where(before, threshold, 0)
        if self.reset == "value" and self.late:
            u = where(before, p.v_reset, u)
        spike = self._above(u, threshold)
        v = u
        if self.corrected and self.reset == "subtract":
            # (spike - before) * threshold is subtracted.
            v = where(
                spike, where(before, u, u - threshold), where(before, u + threshold, u)
            )
        elif not self.late and self.reset == "subtract":
            v = where(spike, u - threshold, u)
        elif not self.late and self.reset == "value":
            v = where(spike, p.v_reset, u)
        return after | {"v": v, "spike": spike}


def defined(
    name: str,
    charge: Charge,
    firing: Firing | None,
    *,
    doc: str,
    recurrent: bool = False,
    **declared: Parameter | State,
) -> Definition:
    """Make a definition of how a membrane charges and how it fires.

    Parameters
    ----------
    name : str
    charge : callable
        Takes the states, the input (with what the layer's own spikes add) and the parameters.
    firing : Firing, optional
        None of a neuron that never spikes.
    doc : str
        What it is, and where its equations come from.
    recurrent : bool
        Whether the layer's own spikes of the step before are added to the input.
    **declared : Parameter or State
        As :func:`spikewright_hw.definition.definition.neuron` takes them; ``threshold`` and
        ``v_reset`` are added where the firing needs them.
    """
    known: dict[str, Any] = dict(declared)
    if firing is not None:
        known.setdefault(firing.threshold, THRESHOLD)
    if firing is not None and firing.reset == "value":
        known.setdefault("v_reset", _RESET)

    def update(s, i, p):
        after = charge(s, i, p)
        return after if firing is None else firing.finish(s, after, p)

    def update_recurrent(s, i, r, p):
        return update(s, i + r, p)

    function = update_recurrent if recurrent else update
    function.__name__ = name
    function.__doc__ = doc if firing is None else f"{doc}\n\nIn each step: {firing}."
    if recurrent:
        known["r"] = Input("recurrent")
    return neuron(**known)(function)


def silent(definition: Definition) -> Definition:
    """Return a neuron that does the same and sends no spikes, for a readout of its membrane."""
    update = {name: one for name, one in definition.update.items() if name != "spike"}
    return _like(definition, f"{definition.name}_membrane", update, definition.parameters)


def with_threshold(definition: Definition) -> Definition:
    """Return a neuron that never spikes with spikes at ``v > threshold``, and no reset."""
    update = dict(definition.update)
    update["spike"] = definition.update["v"] > Expression.leaf("threshold")
    parameters = {**definition.parameters, "threshold": THRESHOLD}
    return _like(definition, f"{definition.name}_threshold", update, parameters)


def _like(
    definition: Definition, name: str, update: Mapping, parameters: Mapping[str, Parameter]
) -> Definition:
    return Definition(
        name=name, doc=definition.doc, inputs=definition.inputs, states=definition.states,
        parameters=parameters, update=update,
    )


def hearing_itself(definition: Definition) -> Definition:
    """Return a neuron whose input has the layer's own spikes of the step before added to it."""
    (name,) = definition.inputs
    total = Expression.leaf(name) + Expression.leaf("own")
    leaves = {one: Expression.leaf(one) for one in (*definition.states, *definition.parameters)}
    update = evaluate(definition.update, {**leaves, name: total}, _Rebuilt())
    made = _like(definition, f"{definition.name}_recurrent", update, definition.parameters)
    return replace(made, inputs={**definition.inputs, "own": Input("recurrent")})


class _Rebuilt(Operations):
    """Builds a graph again, node by node, on other leaves."""

    def __getattribute__(self, name: str) -> Any:
        if name == "made" or name.startswith("_"):
            return super().__getattribute__(name)
        return lambda *operands: Expression(name, *operands)
