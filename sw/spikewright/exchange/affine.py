"""What is done to values between two layers of neurons without a map: scales and matrices."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["Matrix", "Scaling"]


@dataclass(frozen=True, eq=False)
class Scaling:
    """Each value by itself: ``y = x * factor + shift``.

    Parameters
    ----------
    factor, shift : float64 array
        As numpy broadcasts them to the axes of the values: a number for all, or one for each.
    by_channel : bool
        Whether they are one for each channel, which is the first axis.
    """

    factor: np.ndarray
    shift: np.ndarray
    by_channel: bool = False

    @classmethod
    def of(
        cls, factor: ArrayLike = 1.0, shift: ArrayLike = 0.0, *, by_channel: bool = False
    ) -> "Scaling":
        """Make one of numbers or arrays; without any, the identity."""
        return cls(np.array(factor, np.float64), np.array(shift, np.float64), by_channel)

    def of_axes(self, axes: int) -> "Scaling":
        """Return it as numpy broadcasts it to so many axes."""
        if not self.by_channel:
            return self
        ones = (1,) * (axes - 1)
        factor, shift = (
            one.reshape(-1, *ones) if one.ndim else one for one in (self.factor, self.shift)
        )
        return Scaling(factor, shift)


@dataclass(frozen=True, eq=False)
class Matrix:
    """All values of a layer with one another: ``y = x @ weights + bias``.

    Parameters
    ----------
    weights : float64 array ``[inputs, outputs]``
    bias : float64 array ``[outputs]``, or a number
    """

    weights: np.ndarray
    bias: np.ndarray

    @classmethod
    def of(cls, weights: ArrayLike, bias: ArrayLike = 0.0) -> "Matrix":
        """Make one of arrays."""
        return cls(np.array(weights, np.float64), np.array(bias, np.float64))
