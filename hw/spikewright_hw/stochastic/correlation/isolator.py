"""Isolator: a delay of one stream against another."""

from typing import Any

from amaranth import Cat, Value

from .correlator import Correlator

__all__ = ["PRESETS", "Isolator", "core", "step"]

#: Parameter sets by name.
PRESETS = {"d1": {"delay": 1, "lanes": 1}, "d3": {"delay": 3, "lanes": 4}}


def step(line: int, a: int, b: int, *, delay: int) -> tuple[int, int, int]:
    """Take a pair and return the next delay line, its oldest bit the highest, and the next pair."""
    return (line << 1 | b) & ((1 << delay) - 1), a, line >> (delay - 1) & 1


class Isolator(Correlator):
    """Delays ``b`` by ``delay`` bits against ``a``; the first ``delay`` of them are zeros.

    (B. R. Gaines, "Stochastic Computing Systems", 1969; P. Ting, J. P. Hayes, "Isolation-based
    decorrelation of stochastic circuits", ICCD 2016.) Streams whose bits are independent in time
    are independent of their own past: from ``a`` and ``b`` out of one source, even from one stream
    as both, come a pair without correlation. The bits of a comparator after an LFSR or a counter
    are *not* independent in time, for successive numbers are not: there, how far the correlation
    falls depends on the delay and the source; see ``docs/cores/isolator.md``.

    At most ``delay`` ones of ``b`` are inside: there is no flush, and the error is bounded as
    :class:`~.correlator.Correlator` says, with a capacity of ``delay`` for ``b`` and none for
    ``a``. Timing, ``lanes`` and members are also those of that class.

    Parameters
    ----------
    delay : int, at least 1
        Bits of delay.
    lanes : int, at least 1
        Pairs of bitstreams side by side.
    """

    def __init__(self, *, delay: int, lanes: int = 1):
        if delay < 1:
            raise ValueError(f"an isolator delays by at least 1 bit, not {delay}")
        self.delay = delay
        super().__init__(lanes=lanes, state=delay)

    def step(self, state: Any, a: Value, b: Value) -> tuple[Any, Any, Any]:
        """Shift the line by a bit."""
        return Cat(b, state)[: self.delay], a, state[-1]


core = Isolator
