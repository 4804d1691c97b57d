"""Products, sums and comparisons in software, on arrays of bits with time as the last axis.

Each function is equal, bit for bit, to the core of ``spikewright_hw.stochastic.arithmetic`` that
its first line names, and works on all leading axes at once. Arrays of several terms have them on
the axis before the last.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from spikewright_hw.stochastic.arithmetic import accumulative_adder

__all__ = [
    "absolute_difference",
    "accumulative_sum",
    "bipolar_product",
    "count",
    "difference",
    "maximum",
    "minimum",
    "or_sum",
    "product",
    "product_error",
    "product_error_bound",
    "scaled_sum",
    "sign_magnitude_product",
    "signed_count",
    "totals",
]

Bits = NDArray[np.bool_]
Counts = NDArray[np.int64]


def product(a: Bits, b: Bits) -> Bits:
    """Multiply unipolar streams (``and_multiplier``)."""
    return a & b


def bipolar_product(a: Bits, b: Bits) -> Bits:
    """Multiply bipolar streams (``xnor_multiplier``)."""
    return ~(a ^ b)


def sign_magnitude_product(a: tuple[Bits, Bits], b: tuple[Bits, Bits]) -> tuple[Bits, Bits]:
    """Multiply pairs of signs and magnitudes (``sign_magnitude_multiplier``)."""
    magnitude = a[1] & b[1]
    return (a[0] ^ b[0]) & magnitude, magnitude


def difference(a: Bits, b: Bits) -> Bits:
    """Subtract correlated streams, zero at the least (``subtractor``)."""
    return a & ~b


def absolute_difference(a: Bits, b: Bits) -> Bits:
    """Return how far correlated streams are apart (``absolute_difference``)."""
    return a ^ b


def maximum(a: Bits, b: Bits) -> Bits:
    """Return the greater of correlated streams (``maximum``)."""
    return a | b


def minimum(a: Bits, b: Bits) -> Bits:
    """Return the lesser of correlated streams (``minimum``)."""
    return a & b


def or_sum(terms: Bits) -> Bits:
    """Add up to one (``or_adder``): terms of shape (..., inputs, length) to (..., length)."""
    return np.logical_or.reduce(terms, axis=-2)


def scaled_sum(terms: Bits, select: NDArray[np.integer]) -> Bits:
    """Add with a scale (``mux_adder``).

    Parameters
    ----------
    terms : ndarray of bool, shape (..., inputs, length)
    select : ndarray of int, shape (length,) or (..., length)
        The term that passes in each cycle.

    Returns
    -------
    ndarray of bool, shape (..., length)
    """
    shape = (*terms.shape[:-2], 1, terms.shape[-1])
    chosen = np.broadcast_to(np.expand_dims(select, -2), shape)
    return np.take_along_axis(terms, chosen, axis=-2)[..., 0, :]


def count(bits: Bits) -> Counts:
    """Count ones (``parallel_counter``): bits of shape (..., inputs, length) to (..., length)."""
    return bits.sum(axis=-2, dtype=np.int64)


def signed_count(sign: Bits, magnitude: Bits) -> Counts:
    """Add sign-magnitude bits (``signed_parallel_counter``), shaped as those of :func:`count`."""
    return count(magnitude & ~sign) - count(magnitude & sign)


def totals(bits: Bits, *, length: int) -> Counts:
    """Count the ones of whole runs (``accumulative_parallel_counter``).

    Parameters
    ----------
    bits : ndarray of bool, shape (..., inputs, time)
    length : int
        Cycles of a run, at least 1. A run that is not over gives no total.

    Returns
    -------
    ndarray of int64, shape (..., time // length)
    """
    counts = count(bits)
    runs = counts.shape[-1] // length
    whole = counts[..., : runs * length]
    return whole.reshape(*counts.shape[:-1], runs, length).sum(axis=-1)


def accumulative_sum(terms: Bits) -> Bits:
    """Add with a scale and without a loss (``accumulative_adder``), from reset.

    The carries of an accumulator are the steps of its quotient, so no loop over time is needed:
    terms of shape (..., inputs, length) to (..., length).
    """
    inputs = terms.shape[-2]
    sums = accumulative_adder.init(inputs) + count(terms).cumsum(axis=-1)
    return np.diff(sums // accumulative_adder.scale(inputs), axis=-1, prepend=0).astype(np.bool_)


def product_error(
    first: NDArray[np.integer], second: NDArray[np.integer], *, width: int
) -> Fraction:
    """Return the largest error of an AND product over all pairs of factors.

    Parameters
    ----------
    first, second : ndarray of int, shape (length,)
        Numbers that the factors ``a`` and ``b``, each 0 to ``2**width``, are compared with.
    width : int
        Bits of a number.

    Returns
    -------
    Fraction
        Largest difference between the ones of the product and ``a * b / 4**width * length``, in
        ones.
    """
    top, length = 1 << width, len(first)
    ones = np.zeros((top + 1, top + 1), dtype=np.int64)
    np.add.at(ones, (first.astype(np.int64) + 1, second.astype(np.int64) + 1), 1)
    ones = ones.cumsum(axis=0).cumsum(axis=1)  # of every a and b: the numbers below both
    factors = np.arange(top + 1)
    errors = (ones << 2 * width) - np.multiply.outer(factors, factors) * length
    return Fraction(int(abs(errors).max()), 1 << 2 * width)


def product_error_bound(width: int) -> Fraction:
    """Return the bound of :func:`product_error` over ``2**width`` numbers, evenly spread.

    Evenly means that each rectangle of the area ``2**-width`` that is cut along powers of two,
    whatever its shape, holds one of the pairs of numbers: a (0, m, 2)-net with ``m = width``.
    Its discrepancy is at most ``m / 2 + 3 / 2`` points (H. Niederreiter, "Random Number Generation
    and Quasi-Monte Carlo Methods", SIAM 1992). Factors of ``width`` bits are corners of the grid,
    where the largest error of a counter beside a van der Corput sequence is known to the digit

    .. code-block:: none

        max over b of sum over u of ||2^u b|| = m / 3 + 1 / 9 - (-1)^m / (9 * 2^m)

    with ``||x||`` the distance from the nearest integer (J. H. Halton, S. K. Zaremba, "The extreme
    and L2 discrepancies of some plane sets", Monatshefte fuer Mathematik 73, 1969), and no digital
    net is worse (P. Kritzer, "On some remarkable properties of the two-dimensional Hammersley
    point set in base 2", Journal de Theorie des Nombres de Bordeaux 18, 2006).
    """
    return Fraction((3 * width + 1) * (1 << width) - (-1) ** width, 9 << width)
