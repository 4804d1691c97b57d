"""Affine maps between two layers of neurons, folded into one matrix and one bias."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["Affine"]


@dataclass(frozen=True, eq=False)
class Affine:
    """``y = x @ weights + bias``.

    Parameters
    ----------
    weights : float64 array
        ``[inputs, outputs]``; or ``[values]`` of a map that scales each value by itself, or a
        number that scales them all.
    bias : float64 array ``[outputs]``, or a number
    """

    weights: np.ndarray
    bias: np.ndarray

    @classmethod
    def of(cls, weights: ArrayLike = 1.0, bias: ArrayLike = 0.0) -> "Affine":
        """Make a map of numbers or arrays; without any, the identity."""
        return cls(np.array(weights, np.float64), np.array(bias, np.float64))

    def then(self, other: "Affine") -> "Affine":
        """Return this map followed by another."""
        if other.weights.ndim < 2:
            weights = self.weights * other.weights
            return Affine(weights, self.bias * other.weights + other.bias)
        if self.weights.ndim == 2:
            weights = self.weights @ other.weights
        else:
            weights = np.broadcast_to(self.weights, other.weights.shape[:1])[:, None]
            weights = weights * other.weights
        bias = np.broadcast_to(self.bias, other.weights.shape[:1]) @ other.weights
        return Affine(weights, bias + other.bias)

    @property
    def identity(self) -> bool:
        """Whether it changes nothing."""
        return self.weights.ndim < 2 and bool((self.weights == 1).all()) and not self.bias.any()

    @property
    def width(self) -> int | None:
        """Values that come out; None if it fits any number."""
        if self.weights.ndim:
            return self.weights.shape[-1]
        return self.bias.shape[0] if self.bias.ndim else None

    def matrix(self, width: int) -> np.ndarray:
        """Return the weights as a matrix, for a map that fits ``width`` outputs."""
        if self.weights.ndim == 2:
            return self.weights
        return np.diag(np.broadcast_to(self.weights, (width,)))

    def biases(self, width: int) -> np.ndarray | None:
        """Return the bias, one number for each output; None if all are 0."""
        return np.broadcast_to(self.bias, (width,)) if self.bias.any() else None
