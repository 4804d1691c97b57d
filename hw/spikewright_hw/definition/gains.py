"""A gain of each step for any neuron's currents."""

from dataclasses import replace

from .definition import Definition, Parameter, State
from .expression import Expression, minimum, where
from .graph import operands, operands_first

__all__ = ["MOST_STEPS", "with_gains"]

#: Most steps: as many gains are compared with a counter.
MOST_STEPS = 32

#: Width of the counter, the sign among it.
_BITS = 6


def with_gains(definition: Definition, *, steps: int) -> Definition:
    """Make a neuron whose currents are multiplied by a gain of the step.

    The gains are parameters, ``gain_0`` and so on, of 1 to begin with, which training learns. A
    state ``at`` counts the steps; from the last one on, its gain stays.

    Parameters
    ----------
    definition : Definition
    steps : int
        1 to :data:`MOST_STEPS`.

    Raises
    ------
    ValueError
        There are too many steps, or none, or the neuron has a state or parameter of such a name.
    """
    if not 1 <= steps <= MOST_STEPS:
        raise ValueError(f"there are {steps} steps; gains are of 1 to {MOST_STEPS} steps")
    names = [f"gain_{step}" for step in range(steps)]
    taken = {*definition.states, *definition.parameters, *definition.inputs} & {"at", *names}
    if taken:
        raise ValueError(
            f"{definition.name} has {sorted(taken)[0]} already, which would be one of its gains, "
            "or their counter; rename it"
        )
    at = Expression.leaf("at")
    gain = Expression.leaf(names[0])
    for step, name in enumerate(names[1:], 1):
        gain = where(at >= step, Expression.leaf(name), gain)
    done: dict[Expression, Expression] = {}
    for node in operands_first(definition.update.values()):
        copy = Expression(node.operation, *operands(node, done))
        arrives = node.operation == "leaf" and node.operands[0] in definition.inputs
        done[node] = gain * copy if arrives else copy
    return replace(
        definition,
        name=f"{definition.name}_gains",
        doc=f"{definition.doc}\n\nIts currents are multiplied by a gain of the step.",
        states=dict(definition.states)
        | {"at": State("steps that are over", unit="1", bits=_BITS)},
        parameters=dict(definition.parameters)
        | {name: Parameter(1.0, f"gain of step {step}", trained=True)
           for step, name in enumerate(names)},
        update={name: done[node] for name, node in definition.update.items()}
        | {"at": minimum(at + 1, steps - 1)},
    )
