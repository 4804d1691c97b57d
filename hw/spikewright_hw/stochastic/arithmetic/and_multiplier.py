"""AND multiplier: the product of two unipolar bitstreams."""

from amaranth import Value

from .gate import Gate

__all__ = ["PRESETS", "AndMultiplier", "core", "product", "reference"]

#: Parameter sets by name.
PRESETS = {"l1": {"lanes": 1}, "l8": {"lanes": 8}}


def product(a: int, b: int) -> int:
    """Multiply one bit of ``a`` by one of ``b`` in every lane."""
    return a & b


class AndMultiplier(Gate):
    """Multiplies unipolar bitstreams, one AND gate a lane.

    A unipolar stream of ones with probability ``p`` stands for ``p``. For independent streams

    .. code-block:: none

        P(a & b) = P(a) * P(b)

    (B. R. Gaines, "Stochastic Computing Systems", 1969). Streams from one random source are not
    independent, and their AND is the minimum instead of the product.

    Timing, parameters and members are those of :class:`~.gate.Gate`.
    """

    def gate(self, a: Value, b: Value) -> Value:
        """Return the AND of the factors."""
        return a & b


core = AndMultiplier
reference = product
