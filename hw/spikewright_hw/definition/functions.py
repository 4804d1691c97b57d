"""Functions of one real number: values, slopes, and where they are defined."""

import math
from collections.abc import Callable

from .interval import Interval

__all__ = ["change", "defined", "image", "real_function", "real_interval", "steepest"]

#: Numbers beyond this size are not told apart.
_HUGE = 1e150


def real_function(name: str) -> Callable[[float], float]:
    """Return a function of :data:`~.expression.FUNCTIONS` on real numbers."""
    return _FUNCTIONS[name]


def real_interval(low: float, high: float) -> Interval:
    """Return the real numbers from ``low`` to ``high``."""
    return Interval(low, high)  # pyright: ignore[reportArgumentType]


def defined(function: str, x: float) -> bool:
    """Return whether a function has a value at ``x``, and a slope beside it."""
    if function in ("log", "sqrt"):
        return x > 0
    return function != "reciprocal" or x != 0


def image(function: str, x: Interval) -> Interval:
    """Return the real values of a function over a real interval, where it is defined."""
    low, high = x.low, x.high
    if function == "reciprocal":
        if low <= 0 <= high:
            return real_interval(-_HUGE, _HUGE)
        return real_interval(1 / high, 1 / low)
    if function in ("log", "sqrt"):
        low, high = (max(end, 1e-30) for end in (low, high))
    real = _FUNCTIONS[function]
    return real_interval(real(low), real(high))


def steepest(function: str, x: Interval, *, limit: float) -> float:
    """Return a bound on the slope over a real interval, where the value is within ``limit``.

    It is infinite where a function is not bounded there, as the logarithm at zero.
    """
    if function == "reciprocal":
        near = 0.0 if x.low <= 0 <= x.high else min(abs(x.low), abs(x.high))
        return min(limit * limit, near**-2 if near else math.inf)
    if function in ("log", "sqrt"):
        if x.low <= 0:
            return math.inf
        return 1 / x.low if function == "log" else 0.5 / math.sqrt(x.low)
    if function in ("tanh", "sigmoid"):
        return 1.0 if function == "tanh" else 0.25
    if function == "exp":
        return min(limit, _exp(x.high))
    if function == "expm1":
        return min(limit + 1, _exp(x.high))
    return min(limit, max(_exprel(x.high), 0.5))  # exprel: its slope is below its value


def change(function: str, x: Interval, error: float, *, limit: float) -> float:
    """Return a bound on how far values of a function differ, of arguments ``error`` apart.

    Arguments lie in a real interval, and values of ``limit`` and more are not told apart. It is
    never more than the range of the values, also where the slope has no bound.
    """
    reached = image(function, x)
    whole = min(reached.high - reached.low, 2 * limit)
    if function == "sqrt":
        low = max(x.low, 0.0)
        return min(whole, error / (math.sqrt(low + error) + math.sqrt(low)))
    if function == "log":
        return min(whole, math.log1p(error / max(x.low, 1e-30)))
    return min(whole, steepest(function, x, limit=limit) * error)


def _exp(x: float) -> float:
    return math.exp(min(x, 300.0))


def _sigmoid(x: float) -> float:
    return 0.5 * (1 + math.tanh(x / 2))


def _expm1(x: float) -> float:
    return math.expm1(min(x, 300.0))


def _exprel(x: float) -> float:
    return _expm1(x) / x if x else 1.0


_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "exp": _exp,
    "expm1": _expm1,
    "exprel": _exprel,
    "log": math.log,
    "sqrt": math.sqrt,
    "tanh": math.tanh,
    "sigmoid": _sigmoid,
    "reciprocal": lambda x: 1 / x,
}
