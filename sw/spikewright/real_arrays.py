"""Equations of a definition on arrays of real numbers: what each operation is there."""

from collections.abc import Callable
from typing import Any

import numpy as np

from spikewright_hw.definition.expression import Operations
from spikewright_hw.definition.functions import real_function

__all__ = ["RealArrays"]

#: Larger arguments have the exponential of this, which is still finite.
_LARGEST = 700.0


def _each(name: str) -> Callable[..., Any]:
    return np.vectorize(real_function(name), otypes=[float])


class RealArrays(Operations):
    """The operations of equations on arrays of float64.

    Functions are those of :mod:`spikewright_hw.definition.reals`, value by value.
    """

    greater = staticmethod(np.greater)
    at_least = staticmethod(np.greater_equal)
    both = staticmethod(np.logical_and)
    either = staticmethod(np.logical_or)
    tanh = staticmethod(np.tanh)
    log = staticmethod(np.log)
    expm1 = staticmethod(_each("expm1"))
    exprel = staticmethod(_each("exprel"))
    sqrt = staticmethod(_each("sqrt"))
    sigmoid = staticmethod(_each("sigmoid"))
    reciprocal = staticmethod(_each("reciprocal"))

    @staticmethod
    def exp(value: Any) -> Any:
        """Return e to the power of each value, always finite."""
        return np.exp(np.minimum(value, _LARGEST))

    @staticmethod
    def invert(condition: Any) -> Any:
        """Negate each condition."""
        return np.logical_not(condition)

    @staticmethod
    def where(condition: Any, yes: Any, no: Any) -> Any:
        """Choose by each condition."""
        return np.where(condition, yes, no)

    @classmethod
    def minimum(cls, a: Any, b: Any) -> Any:
        """Return the smaller of two values, each with each."""
        return np.minimum(a, b)

    @classmethod
    def maximum(cls, a: Any, b: Any) -> Any:
        """Return the larger of two values, each with each."""
        return np.maximum(a, b)
