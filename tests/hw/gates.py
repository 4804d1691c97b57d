"""What the tests of the gates share: pairs of streams of known correlation, and their values."""

from collections.abc import Callable, Iterator
from fractions import Fraction

__all__ = ["apart", "excess", "grid", "independent", "together", "value"]

Pairs = list[tuple[int, int]]


def together(a: int, b: int, length: int) -> Pairs:
    """Two streams from one source, which meet as often as they can: SCC = +1."""
    return [(n < a, n < b) for n in range(length)]


def apart(a: int, b: int, length: int) -> Pairs:
    """Two streams that meet as rarely as they can: SCC = -1."""
    return [(n < a, length - 1 - n < b) for n in range(length)]


def independent(a: int, b: int, length: int) -> Pairs:
    """Each pair of numbers once, which is what independence means: SCC = 0."""
    return [(m < a, n < b) for m in range(length) for n in range(length)]


def value(gate: Callable[[int, int], int], pairs: Pairs) -> Fraction:
    """Return what the output of a gate stands for."""
    return Fraction(sum(gate(a, b) & 1 for a, b in pairs), len(pairs))


def grid(length: int) -> Iterator[tuple[int, int, Fraction, Fraction]]:
    """Return all pairs of values, as numbers of ones and as fractions."""
    for a in range(length + 1):
        for b in range(length + 1):
            yield a, b, Fraction(a, length), Fraction(b, length)


def excess(a: Fraction, b: Fraction) -> Fraction:
    """Return how far the least of two independent streams is above their product."""
    return min(a, b) * (1 - max(a, b))
