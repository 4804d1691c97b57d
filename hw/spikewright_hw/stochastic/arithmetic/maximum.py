"""Maximum: the greater of two correlated bitstreams."""

from amaranth import Value

from .gate import Gate

__all__ = ["PRESETS", "Maximum", "core", "maximum", "reference"]

#: Parameter sets by name.
PRESETS = {"l1": {"lanes": 1}, "l8": {"lanes": 8}}


def maximum(a: int, b: int) -> int:
    """Return the greater bit in every lane."""
    return a | b


class Maximum(Gate):
    """Computes the maximum of correlated unipolar bitstreams, one OR gate a lane.

    Where one stream's ones are all among the other's (a correlation SCC of +1, as of two lanes of
    one generator)

    .. code-block:: none

        P(a | b) = max(P(a), P(b))

    bit for bit (A. Alaghi, J. P. Hayes, "Exploiting correlation in stochastic circuit design",
    ICCD 2013). Of independent streams the OR is ``a + b - a * b``, above the maximum by
    ``min(a, b) * (1 - max(a, b))``, a quarter at most.

    Timing, parameters and members are those of :class:`~.gate.Gate`.
    """

    def gate(self, a: Value, b: Value) -> Value:
        """Return the OR of the operands."""
        return a | b


core = Maximum
reference = maximum
