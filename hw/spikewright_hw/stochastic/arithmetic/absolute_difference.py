"""Absolute difference of two correlated bitstreams."""

from amaranth import Value

from .gate import Gate

__all__ = ["PRESETS", "AbsoluteDifference", "core", "distance", "reference"]

#: Parameter sets by name.
PRESETS = {"l1": {"lanes": 1}, "l8": {"lanes": 8}}


def distance(a: int, b: int) -> int:
    """Return a one where the bits differ, in every lane."""
    return a ^ b


class AbsoluteDifference(Gate):
    """Computes the absolute difference of correlated unipolar bitstreams, one XOR gate a lane.

    Where one stream's ones are all among the other's (a correlation SCC of +1, as of two lanes of
    one generator)

    .. code-block:: none

        P(a ^ b) = |P(a) - P(b)|

    bit for bit (A. Alaghi, J. P. Hayes, "Exploiting correlation in stochastic circuit design",
    ICCD 2013). Of independent streams the XOR is ``a + b - 2 * a * b``, above the difference by
    twice ``min(a, b) * (1 - max(a, b))``, a half at most.

    Timing, parameters and members are those of :class:`~.gate.Gate`.
    """

    def gate(self, a: Value, b: Value) -> Value:
        """Return the XOR of the operands."""
        return a ^ b


core = AbsoluteDifference
reference = distance
