"""How precise each function of an equation must be: what its result does to the states.

From the states backwards, with the real ranges of all values: by how many steps a state is off when
the result is off by one, and from which size of the result on the state is saturated whatever else
adds to it. Both as powers of two, so that parameters that are near one another need the same table.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from ..fixed import Format
from .backward import Backward
from .definition import Definition, Value
from .expression import FUNCTIONS, Expression, Operations
from .forward import Forward
from .functions import image, real_interval, steepest
from .graph import evaluate, operands_first
from .interval import Interval, IntervalOperations

__all__ = ["Use", "uses"]

#: Bits of a function's result below the step of the state in which it ends.
GUARD = 3
#: Most bits of a function's result, its sign apart.
WIDEST = 32
#: Most bits after the point of an argument.
_FINEST = 40
_HUGE = 1e150


@dataclass(frozen=True, order=True)
class Use:
    """What is asked of a function's table.

    Parameters
    ----------
    result : int
        Bits after the point of the result.
    limit : int
        Results of ``2**limit`` and more need not be told apart.
    argument : int
        Bits after the point of the argument; what is below them cannot matter.
    gain : float
        Steps by which the state is off where the result is off by 1, if it is by little.
    off : callable
        Returns a bound on the steps by which the state is off, from the error of the result.
    state : str
        The state in which it ends, or ``"spike"``.
    """

    result: int
    limit: int
    argument: int
    gain: float = field(compare=False)
    state: str = field(compare=False)
    off: Callable[[float], float] = field(compare=False)


def uses(
    definition: Definition,
    values: Mapping[str, Value],
    formats: Mapping[str, Format],
    bounds: Mapping[str, tuple[int, int]],
    inputs: Mapping[str, Interval],
    format: Format,
) -> dict[Expression, list[Use | None]]:
    """Return the uses of each function in a definition's equations: one, or one for each neuron.

    There is none where the function's result reaches no output, such as in a product with zero.

    Parameters
    ----------
    definition : Definition
    values : mapping of str to float or sequence of float
        Of the parameters.
    formats, bounds : mapping of str
        Of each state; the bounds are stored values.
    inputs : mapping of str to Interval
        Stored values of each input.
    format : Format
        Of the inputs.
    """
    ranges = {
        name: real_interval(format.real(one.low), format.real(one.high))
        for name, one in inputs.items()
    }
    steps = {"spike": format.real(1)}
    limits = {"spike": format.real(format.max)}
    for name, form in formats.items():
        low, high = (form.real(end) for end in bounds[name])
        ranges[name] = real_interval(low, high)
        steps[name] = form.real(1)
        limits[name] = max(abs(low), abs(high)) + form.real(1)
    length = max((len(v) for v in values.values() if not isinstance(v, int | float)), default=1)
    found: dict[Expression, list[Use | None]] = {}
    for neuron in range(length):
        parameters = {
            name: real_interval(one, one) for name, one in _of_neuron(values, neuron).items()
        }
        made = _uses_of_one(
            definition.update, ranges=ranges | parameters, steps=steps, bounds=limits
        )
        for function, use in made.items():
            found.setdefault(function, [None] * length)[neuron] = use
    return found


def _of_neuron(values: Mapping[str, Value], neuron: int) -> dict[str, float]:
    return {
        name: value if isinstance(value, int | float) else value[neuron]
        for name, value in values.items()
    }


def _uses_of_one(
    outputs: Mapping[str, Expression],
    *,
    ranges: Mapping[str, Interval],
    steps: Mapping[str, float],
    bounds: Mapping[str, float],
) -> dict[Expression, Use]:
    """Return the uses where each parameter is one number."""
    nodes = operands_first(outputs.values())
    names = {str(number): node for number, node in enumerate(nodes)}
    values = evaluate(names, ranges, _Ranges())
    order = dict(zip(nodes, values.values(), strict=True))
    smallest = min(steps.values())
    found: dict[Expression, Use] = {}
    for output, node in outputs.items():
        back = Backward(order, steps[output], compared=steps["spike"], smallest=smallest)
        back.run(node, bounds[output])
        forward = Forward(back, node, bounds[output])
        for function, (gain, limit, argument) in back.functions.items():
            use = _use(function.operation, argument, gain=gain, limit=limit, state=output)
            use = replace(use, off=partial(forward.steps, function))
            known = found.get(function)
            found[function] = use if known is None else _both(known, use)
    return found


def _both(a: Use, b: Use) -> Use:
    more = max(a, b, key=lambda use: use.gain)
    bits = (max(getattr(a, name), getattr(b, name)) for name in ("result", "limit", "argument"))
    result, limit, argument = bits
    result = min(result, WIDEST - limit)
    return replace(more, result=result, limit=limit, argument=argument)


def _use(operation: str, x: Interval, *, gain: float, limit: float, state: str) -> Use:
    function = "reciprocal" if operation == "divide" else operation
    reached = image(function, x)
    limit = min(limit, max(abs(reached.low), abs(reached.high)))
    most = _bits(limit)
    result = min(GUARD + _bits(gain), WIDEST - most)
    most = max(most, 1 - result)
    slope = steepest(function, x, limit=2.0**most)
    if math.isinf(slope):  # at zero, where the logarithm has no end and the root half the bits
        argument = _FINEST if function == "log" else 2 * max(result, 1)
    else:
        argument = result + _bits(slope)
    return Use(
        result, most, max(0, min(argument, _FINEST)), gain, state, off=lambda error: gain * error
    )


def _bits(value: float) -> int:
    """Return the least power of two that is not below a value."""
    return math.ceil(math.log2(min(max(value, 2.0**-60), 2.0**60)))


class _Ranges(IntervalOperations):
    """Real intervals, no further out than what is told apart."""

    def made(self, value: Interval) -> Interval:
        low, high = (max(-_HUGE, min(_HUGE, end)) for end in (value.low, value.high))
        return real_interval(low, high)

    add = staticmethod(Operations.add)

    @staticmethod
    def divide(a: Interval, b: Interval) -> Interval:
        return a * image("reciprocal", b)


def _image_of(function: str):
    return staticmethod(lambda x: image(function, x))


for _name in FUNCTIONS:
    setattr(_Ranges, _name, _image_of(_name))
