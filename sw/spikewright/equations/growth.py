"""Matrices of slopes: whether the steps that they belong to grow, and the largest that do not."""

import math
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from spikewright_hw.definition.expression import Expression

from .graph import varies

__all__ = ["NEAR", "growth", "is_linear", "largest_step", "rounded_down"]

#: Slopes that differ by less are equal; they are taken by differences.
NEAR = 1e-7


def is_linear(node: Expression, parameters: Collection[str]) -> bool:
    """Return whether an expression is a sum of variables and constants, with constant factors."""
    if node.operation == "leaf" or not varies(node, parameters):
        return True
    if node.operation not in ("add", "subtract", "multiply", "divide"):
        return False
    if node.operation == "divide" and varies(node.operands[1], parameters):
        return False
    if node.operation == "multiply" and all(varies(one, parameters) for one in node.operands):
        return False
    return all(is_linear(one, parameters) for one in node.operands)


def largest_step(
    matrix: NDArray[np.float64], exponential: Sequence[bool], dt: float, *, everywhere: bool
) -> float:
    """Return the largest ``dt`` that is stable, if the one given is not, and infinity if it is.

    If the equations decay by themselves, or at least do not grow, then so must their step: all
    eigenvalues of the step's matrix lie within the unit circle. Zero means that no ``dt`` is small
    enough. Slopes of one place alone say nothing of equations that neither decay nor grow there.
    """
    own = np.linalg.eigvals(matrix)
    size = np.abs(own).max()
    if own.real.max() > (NEAR if everywhere else -NEAR) * size:
        return math.inf

    def stable(dt: float) -> bool:
        return growth(matrix, exponential, dt) <= 1 + NEAR

    low, high = 0.0, dt
    if stable(high):
        return math.inf
    if (own.real > -NEAR * np.abs(own))[own != 0].any():
        return 0.0  # an oscillation that nothing damps grows at every step
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if stable(middle) else (low, middle)
    return low


def growth(matrix: NDArray[np.float64], exponential: Sequence[bool], dt: float) -> float:
    """Return the factor by which a step multiplies small differences in the end."""
    step = np.eye(len(matrix)) + dt * matrix
    for row, exact in enumerate(exponential):
        rate = matrix[row, row]
        if exact and rate:
            step[row] = matrix[row] * (math.expm1(rate * dt) / rate)
            step[row, row] = math.exp(rate * dt)
    return float(np.abs(np.linalg.eigvals(step)).max())


def rounded_down(value: float) -> float:
    """Return four digits of a number, no more than it is."""
    unit = 10.0 ** (math.floor(math.log10(value)) - 3)
    return math.floor(value / unit) * unit
