"""Absolute refractoriness for any neuron."""

from dataclasses import replace

from .definition import Definition, Parameter, State
from .expression import Expression, maximum, where

__all__ = ["refractory"]

#: Width of the counter, the sign among it: up to 127 steps.
BITS = 8


def refractory(definition: Definition, *, name: str, steps: int = 2) -> Definition:
    """Make a neuron that rests after a spike.

    For ``refractory`` steps after a spike the membrane ``v`` stays where the reset left it,
    whatever arrives, and the neuron does not spike; its other states go on (Gerstner et al.,
    "Neuronal Dynamics", 2014, section 1.3.5). A state ``rest`` counts the steps that are left.

    Parameters
    ----------
    definition : Definition
        A neuron that spikes.
    name : str
        Name of the new one.
    steps : int
        Default of its parameter ``refractory``.
    """
    if not definition.spikes:
        raise ValueError(f"{definition.name} never spikes, so it is never refractory")
    rest = Expression.leaf("rest")
    resting = rest > 0
    spike = definition.update["spike"] & ~resting
    update = dict(definition.update) | {
        "v": where(resting, Expression.leaf("v"), definition.update["v"]),
        "rest": where(spike, Expression.leaf("refractory"), maximum(rest - 1, 0)),
        "spike": spike,
    }
    most = (1 << (BITS - 1)) - 1
    return replace(
        definition,
        name=name,
        doc=f"{definition.doc}\n\nAfter a spike it rests for ``refractory`` steps.",
        states=dict(definition.states)
        | {"rest": State("steps of rest that are left", unit="1", bits=BITS)},
        parameters=dict(definition.parameters)
        | {"refractory": Parameter(steps, "rest after a spike", "steps", low=0, high=most)},
        update=update,
    )
