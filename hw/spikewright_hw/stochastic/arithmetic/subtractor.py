"""Subtractor: the difference of two correlated bitstreams, zero at the least."""

from amaranth import Value

from .gate import Gate

__all__ = ["PRESETS", "Subtractor", "core", "difference", "reference"]

#: Parameter sets by name.
PRESETS = {"l1": {"lanes": 1}, "l8": {"lanes": 8}}


def difference(a: int, b: int) -> int:
    """Return the ones of ``a`` without those of ``b``, in every lane."""
    return a & ~b


class Subtractor(Gate):
    """Subtracts correlated unipolar bitstreams, one gate a lane.

    Where one stream's ones are all among the other's (a correlation SCC of +1, as of two lanes of
    one generator)

    .. code-block:: none

        P(a & ~b) = max(0, P(a) - P(b))

    bit for bit (A. Alaghi, J. P. Hayes, "Exploiting correlation in stochastic circuit design",
    ICCD 2013). Of independent streams the gate makes ``a * (1 - b)``, above the difference by
    ``min(a, b) * (1 - max(a, b))``, a quarter at most.

    Timing, parameters and members are those of :class:`~.gate.Gate`.
    """

    def gate(self, a: Value, b: Value) -> Value:
        """Return the AND of ``a`` and the inverse of ``b``."""
        return a & ~b


core = Subtractor
reference = difference
