"""Counter: the ramp, from which unary bitstreams are made."""

from amaranth import Module, Signal, Value

from .source import Limits, Source

__all__ = ["LIMITS", "PRESETS", "Counter", "core", "number"]

LIMITS = Limits("a counter", width=1)

#: Parameter sets by name.
PRESETS = {"w8": {"width": 8}, "w16": {"width": 16}}


def number(index: int, *, width: int, init: int = 0) -> int:
    """Return one number of the sequence, counted from zero."""
    return (init + index) & ((1 << width) - 1)


class Counter(Source):
    """Counts up and wraps.

    .. code-block:: none

        x[n] = (init + n) mod 2**width

    A generator that compares it with a value makes a unary bitstream, all ones before all zeros,
    with exactly the value's number of ones in each period of ``2**width``.

    Timing and members are those of :class:`~.source.Source`; the count goes on from a seed.

    Parameters
    ----------
    width : int, 1 to 32
        Bits of a number.
    init : int, 0 to ``2**width - 1``
        First number after reset.
    """

    def __init__(self, *, width: int, init: int = 0):
        super().__init__(LIMITS, width=width, init=init)

    def following(self, m: Module, state: Signal) -> Value:
        """Return the next count."""
        return state + 1


core = Counter
