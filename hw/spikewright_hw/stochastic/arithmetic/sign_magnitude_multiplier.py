"""Sign-magnitude multiplier: the product of two streams that each have a sign."""

from typing import Any

from amaranth import Cat, Module, Value
from amaranth.lib import data

from .gate import GateStage

__all__ = ["PRESETS", "SignMagnitudeMultiplier", "core", "product", "reference"]

#: Parameter sets by name.
PRESETS = {"l1": {"lanes": 1}, "l8": {"lanes": 8}}


def product(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    """Multiply signs and magnitudes in every lane; a magnitude of zero has no sign."""
    magnitude = a[1] & b[1]
    return (a[0] ^ b[0]) & magnitude, magnitude


class SignMagnitudeMultiplier(GateStage):
    """Multiplies sign-magnitude bitstreams: an XOR and an AND in every lane.

    A bit of such a stream is -1, 0 or +1: a magnitude of zero is 0 whatever its sign, a magnitude
    of one is -1 if the sign is set, else +1. For magnitudes that are independent

    .. code-block:: none

        E(a * b) = E(a) * E(b)

    (A. Zhakatayev, S. Lee, H. Sim, J. Lee, "Sign-Magnitude SC: Getting 10X Accuracy for Free in
    Stochastic Computing for Deep Neural Networks", DAC 2018). The signs may change from bit to
    bit, but those of a constant do not. A product of zero leaves with its sign clear, so that a
    set sign is a -1 without a look at the magnitude.

    The latency is one clock cycle, and the throughput is one pair of bits a lane per clock cycle
    for as long as ``o.ready`` is high.

    Parameters
    ----------
    lanes : int, at least 1
        Multiplications side by side.

    Members
    -------
    i : In(stream.Signature(StructLayout({"a": ..., "b": ...})))
        Factors, each ``StructLayout({"sign": lanes, "magnitude": lanes})``, bit ``k`` of each
        belonging to lane ``k``.
    o : Out(stream.Signature(StructLayout({"sign": lanes, "magnitude": lanes})))
        Products.
    """

    def __init__(self, *, lanes: int):
        if lanes < 1:
            raise ValueError(f"a multiplier has at least one lane, not {lanes}")
        self.lanes = lanes
        factor = data.StructLayout({"sign": lanes, "magnitude": lanes})
        super().__init__(i=data.StructLayout({"a": factor, "b": factor}), o=factor)

    def result(self, m: Module, payload: Any) -> Value:
        """Return signs and magnitudes of the products."""
        a, b = payload.a, payload.b
        magnitude = a.magnitude & b.magnitude
        return Cat((a.sign ^ b.sign) & magnitude, magnitude)


core = SignMagnitudeMultiplier
reference = product
