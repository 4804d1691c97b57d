"""Synchronizer: makes two bitstreams as positively correlated as they can be."""

from typing import Any

from amaranth import Mux, Value

from .correlator import Correlator

__all__ = ["PRESETS", "Synchronizer", "core", "step"]

#: Parameter sets by name.
PRESETS = {"d1": {"depth": 1, "lanes": 1}, "d3": {"depth": 3, "lanes": 4}}


def step(lead: int, a: int, b: int, *, depth: int) -> tuple[int, int, int]:
    """Take a pair and return the next lead and pair.

    ``lead`` is the number of ones of ``a`` that are inside, or if negative, of ones of ``b``.
    """
    both = (a or lead > 0) and (b or lead < 0)
    lead += a - b
    if both:
        return lead, 1, 1
    return max(-depth, min(depth, lead)), int(lead > depth), int(lead < -depth)


class Synchronizer(Correlator):
    """Pairs the ones of two streams: a one that comes alone waits inside for its partner.

    .. code-block:: none

        lead > 0    ones of a wait         lead < 0    ones of b wait
        a and b at hand (come or waiting): both go out
        one at hand: it waits; if depth of them wait already, one goes out alone

    (V. T. Lee, A. Alaghi, L. Ceze, "Correlation manipulating circuits for stochastic computing",
    DATE 2018.) As far as depth suffices, the stochastic cross correlation comes to +1: the AND of
    the streams is then their minimum, the OR their maximum, the XOR their distance.

    At most ``depth`` ones of one stream, and none of the other, are inside: there is no flush, and
    the error is bounded as :class:`~.correlator.Correlator` says, with a capacity of ``depth``.
    Timing, ``lanes`` and members are also those of that class.

    Parameters
    ----------
    depth : int, at least 1
        Ones that can wait.
    lanes : int, at least 1
        Pairs of bitstreams side by side.
    """

    def __init__(self, *, depth: int, lanes: int = 1):
        if depth < 1:
            raise ValueError(f"a synchronizer has a depth of at least 1, not {depth}")
        self.depth = depth
        super().__init__(lanes=lanes, state=range(-depth, depth + 1))

    def step(self, state: Any, a: Value, b: Value) -> tuple[Any, Any, Any]:
        """Pair what is at hand."""
        full_a, full_b = state == self.depth, state == -self.depth
        only_a, only_b = a & ~b, b & ~a
        both = (a | (state > 0)) & (b | (state < 0))
        up, down = only_a & ~full_a, only_b & ~full_b
        following = state + Mux(up, 1, Mux(down, -1, 0))
        return following, both | (only_a & full_a), both | (only_b & full_b)


core = Synchronizer
