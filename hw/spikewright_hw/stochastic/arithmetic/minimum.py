"""Minimum: the lesser of two correlated bitstreams."""

from amaranth import Value

from .gate import Gate

__all__ = ["PRESETS", "Minimum", "core", "minimum", "reference"]

#: Parameter sets by name.
PRESETS = {"l1": {"lanes": 1}, "l8": {"lanes": 8}}


def minimum(a: int, b: int) -> int:
    """Return the lesser bit in every lane."""
    return a & b


class Minimum(Gate):
    """Computes the minimum of correlated unipolar bitstreams, one AND gate a lane.

    Where one stream's ones are all among the other's (a correlation SCC of +1, as of two lanes of
    one generator)

    .. code-block:: none

        P(a & b) = min(P(a), P(b))

    bit for bit (A. Alaghi, J. P. Hayes, "Exploiting correlation in stochastic circuit design",
    ICCD 2013). The gate is that of :class:`~.and_multiplier.AndMultiplier`: of independent
    streams the AND is the product, below the minimum by ``min(a, b) * (1 - max(a, b))``, a
    quarter at most.

    Timing, parameters and members are those of :class:`~.gate.Gate`.
    """

    def gate(self, a: Value, b: Value) -> Value:
        """Return the AND of the operands."""
        return a & b


core = Minimum
reference = minimum
