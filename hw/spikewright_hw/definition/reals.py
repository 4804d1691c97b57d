"""A definition in real numbers: one step of its equations, before anything is rounded."""

from collections.abc import Mapping

from .definition import Definition
from .expression import Operations
from .functions import real_function
from .graph import evaluate

__all__ = ["Reals", "start", "step"]


class Reals(Operations):
    """The operations of equations on real numbers."""

    exp = staticmethod(real_function("exp"))
    expm1 = staticmethod(real_function("expm1"))
    exprel = staticmethod(real_function("exprel"))
    log = staticmethod(real_function("log"))
    sqrt = staticmethod(real_function("sqrt"))
    tanh = staticmethod(real_function("tanh"))
    sigmoid = staticmethod(real_function("sigmoid"))

    @staticmethod
    def where(condition: bool, yes: float, no: float) -> float:
        """Choose by a condition."""
        return yes if condition else no

    @staticmethod
    def both(a: float, b: float) -> bool:
        """Return whether both conditions hold; they may be numbers."""
        return bool(a) and bool(b)

    @staticmethod
    def either(a: float, b: float) -> bool:
        """Return whether a condition holds."""
        return bool(a) or bool(b)


def start(definition: Definition, parameters: Mapping[str, float]) -> dict[str, float]:
    """Return the states before the first step; ``parameters`` are all of them."""
    return {
        name: parameters[state.start] if isinstance(state.start, str) else state.start
        for name, state in definition.states.items()
    }


def step(
    definition: Definition,
    states: Mapping[str, float],
    inputs: Mapping[str, float],
    parameters: Mapping[str, float],
) -> tuple[dict[str, float], bool]:
    """Run one step; return the next states and whether the neuron spiked."""
    after = evaluate(definition.update, {**parameters, **states, **inputs}, Reals())
    spike = bool(after.pop("spike", False))
    return after, spike
