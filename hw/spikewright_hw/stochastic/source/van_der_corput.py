"""Van der Corput's sequence: a counter with its bits reversed."""

from amaranth import Module, Signal, Value

from .source import Limits, Source

__all__ = ["LIMITS", "PRESETS", "VanDerCorput", "core", "number", "reverse"]

LIMITS = Limits("a van der Corput sequence", width=1)

#: Parameter sets by name.
PRESETS = {"w8": {"width": 8}, "w16": {"width": 16}}


def reverse(number: int, *, width: int) -> int:
    """Reverse the order of the bits."""
    return sum((number >> bit & 1) << (width - 1 - bit) for bit in range(width))


def number(index: int, *, width: int, init: int = 0) -> int:
    """Return one number of the sequence, counted from zero."""
    count = (reverse(init, width=width) + index) & ((1 << width) - 1)
    return reverse(count, width=width)


class VanDerCorput(Source):
    """Counts up with the bits in reversed order.

    .. code-block:: none

        x[n] = reverse((reverse(init) + n) mod 2**width)

    With ``init = 0``, ``x[n] / 2**width`` is the radical inverse of ``n`` in base 2 (J. G. van der
    Corput, "Verteilungsfunktionen", 1935). Any ``2**k`` numbers in a row hold each prefix of ``k``
    bits once, so bitstreams are exact after every ``2**k`` bits up to the last of these bits.

    Timing and members are those of :class:`~.source.Source`; the sequence goes on from a seed.

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
        """Return the next count: reversing is wiring."""
        return (state[::-1] + 1)[: self.width][::-1]


core = VanDerCorput
