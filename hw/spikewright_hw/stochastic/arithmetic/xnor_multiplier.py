"""XNOR multiplier: the product of two bipolar bitstreams."""

from amaranth import Value

from .gate import Gate

__all__ = ["PRESETS", "XnorMultiplier", "core", "product", "reference"]

#: Parameter sets by name.
PRESETS = {"l1": {"lanes": 1}, "l8": {"lanes": 8}}


def product(a: int, b: int, *, lanes: int) -> int:
    """Multiply one bit of ``a`` by one of ``b`` in every lane."""
    return ~(a ^ b) & ((1 << lanes) - 1)


class XnorMultiplier(Gate):
    """Multiplies bipolar bitstreams, one XNOR gate a lane.

    A bipolar stream of ones with probability ``p`` stands for ``2p - 1``: a one is +1, a zero is
    -1, and the product of two of these is +1 when they are equal. For independent streams

    .. code-block:: none

        E(a xnor b) = E(a) * E(b)        with E = 2 P - 1

    (B. R. Gaines, "Stochastic Computing Systems", 1969). Streams from one random source are not
    independent, and their XNOR is ``1 - |a - b|`` instead of the product.

    Timing, parameters and members are those of :class:`~.gate.Gate`.
    """

    def gate(self, a: Value, b: Value) -> Value:
        """Return the XNOR of the factors."""
        return ~(a ^ b)


core = XnorMultiplier
reference = product
