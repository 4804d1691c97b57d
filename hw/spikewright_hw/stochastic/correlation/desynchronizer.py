"""Desynchronizer: makes two bitstreams as negatively correlated as they can be."""

from typing import Any

from amaranth import Value

from .correlator import Correlator

__all__ = ["PRESETS", "Desynchronizer", "core", "step"]

#: Parameter sets by name.
PRESETS = {"d1": {"depth": 1, "lanes": 1}, "d3": {"depth": 3, "lanes": 4}}


def step(inside: int, a: int, b: int, *, depth: int) -> tuple[int, int, int]:
    """Take a pair and return the next number of ones inside and the next pair."""
    inside += b
    out = int(inside > (depth if a else 0))
    return inside - out, a, out


class Desynchronizer(Correlator):
    """Keeps the ones of two streams apart: a one of ``b`` waits inside for a zero of ``a``.

    .. code-block:: none

        a = 0    a one of b goes out if one is at hand (comes or waits)
        a = 1    a one of b goes out only if there is no room for it

    (V. T. Lee, A. Alaghi, L. Ceze, "Correlation manipulating circuits for stochastic computing",
    DATE 2018.) As far as depth suffices, the stochastic cross correlation comes to -1: the OR of
    the streams is then their sum, saturated at 1, the AND what exceeds 1.

    In the paper the two streams take turns in waiting. Here it is always ``b`` that waits, which
    gives the same pairs but for their order within a lane, takes half the states, and leaves ``a``
    as it is.

    At most ``depth`` ones of ``b`` are inside: there is no flush, and the error is bounded as
    :class:`~.correlator.Correlator` says, with a capacity of ``depth`` for ``b`` and none for
    ``a``. Timing, ``lanes`` and members are also those of that class.

    Parameters
    ----------
    depth : int, at least 1
        Ones that can wait.
    lanes : int, at least 1
        Pairs of bitstreams side by side.
    """

    def __init__(self, *, depth: int, lanes: int = 1):
        if depth < 1:
            raise ValueError(f"a desynchronizer has a depth of at least 1, not {depth}")
        self.depth = depth
        super().__init__(lanes=lanes, state=range(depth + 1))

    def step(self, state: Any, a: Value, b: Value) -> tuple[Any, Any, Any]:
        """Keep a one beside a one, and give one out beside a zero."""
        keep = a & b & (state != self.depth)
        give = ~a & ~b & (state != 0)
        return state + keep - give, a, (b & ~keep) | give


core = Desynchronizer
