"""Decorrelator: a shuffle buffer that puts the bits of one stream into another order."""

from typing import Any

from amaranth import Array, Cat, Mux, Signal, Value
from amaranth.lib.wiring import In

from .correlator import Correlator

__all__ = ["PRESETS", "Decorrelator", "core", "step"]

#: Parameter sets by name.
PRESETS = {"d4": {"depth": 4, "lanes": 1}, "d8": {"depth": 8, "lanes": 4}}


def step(buffer: int, a: int, b: int, *, address: int) -> tuple[int, int, int]:
    """Take a pair and return the next buffer, bit by address, and the next pair."""
    out = buffer >> address & 1
    return buffer ^ (out ^ b) << address, a, out


class Decorrelator(Correlator):
    """Shuffles ``b``: the bit at a random address leaves, and the new bit takes its place.

    .. code-block:: none

        b_out = buffer[address]
        buffer[address] = b

    (V. T. Lee, A. Alaghi, L. Ceze, "Correlation manipulating circuits for stochastic computing",
    DATE 2018.) A bit stays for ``depth`` pairs on average if all addresses are equally likely. The
    stochastic cross correlation of ``a`` and ``b`` comes towards 0. In the paper each of the
    streams has a buffer of its own; one suffices for a pair, and leaves ``a`` as it is.

    The address comes from a source that has to do with neither stream: some bits of an LFSR of
    another length, say. All lanes share it.

    At most ``depth`` ones of ``b`` are inside: there is no flush, and the error is bounded as
    :class:`~.correlator.Correlator` says, with a capacity of ``depth`` for ``b`` and none for
    ``a``. Timing, ``lanes`` and the other members are also those of that class.

    Parameters
    ----------
    depth : int, a power of two, at least 2
        Bits of the buffer.
    lanes : int, at least 1
        Pairs of bitstreams side by side.

    Members
    -------
    address : In(range(depth))
        Random address at which the pair that is taken in this cycle is put, the same for all lanes.
    """

    address: Signal

    def __init__(self, *, depth: int, lanes: int = 1):
        if depth < 2 or depth & (depth - 1):
            raise ValueError(f"the depth of a decorrelator is a power of two from 2, not {depth}")
        self.depth = depth
        super().__init__(lanes=lanes, state=depth, ports={"address": In(range(depth))})

    def step(self, state: Any, a: Value, b: Value) -> tuple[Any, Any, Any]:
        """Exchange the bit at the address."""
        here = range(self.depth)
        return (
            Cat(Mux(self.address == at, b, state[at]) for at in here),
            a,
            Array(state)[self.address],
        )


core = Decorrelator
