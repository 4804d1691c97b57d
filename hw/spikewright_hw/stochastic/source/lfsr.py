"""Linear-feedback shift register: the random source of the stochastic engine."""

from amaranth import Cat, Module, Signal, Value

from .source import Limits, Source

__all__ = ["LIMITS", "PRESETS", "TAPS", "Lfsr", "core", "load", "step"]

LIMITS = Limits("an LFSR", width=3, init=1)

#: Bits that feed back, counted from 1, by width. Each set is a primitive polynomial, so the
#: register visits every state but zero. Table 3 of P. Alfke, "Efficient Shift Registers, LFSR
#: Counters, and Long Pseudo-Random Sequence Generators", Xilinx XAPP 052, 1996.
TAPS = {
    3: (3, 2),
    4: (4, 3),
    5: (5, 3),
    6: (6, 5),
    7: (7, 6),
    8: (8, 6, 5, 4),
    9: (9, 5),
    10: (10, 7),
    11: (11, 9),
    12: (12, 6, 4, 1),
    13: (13, 4, 3, 1),
    14: (14, 5, 3, 1),
    15: (15, 14),
    16: (16, 15, 13, 4),
    17: (17, 14),
    18: (18, 11),
    19: (19, 6, 2, 1),
    20: (20, 17),
    21: (21, 19),
    22: (22, 21),
    23: (23, 18),
    24: (24, 23, 22, 17),
    25: (25, 22),
    26: (26, 6, 2, 1),
    27: (27, 5, 2, 1),
    28: (28, 25),
    29: (29, 27),
    30: (30, 6, 4, 1),
    31: (31, 28),
    32: (32, 22, 2, 1),
}

#: Parameter sets by name.
PRESETS = {"w8": {"width": 8}, "w16": {"width": 16}}


def step(state: int, *, width: int) -> int:
    """Return the state that follows ``state``: shift left by one, parity of the taps comes in."""
    feedback = 0
    for tap in TAPS[width]:
        feedback ^= state >> (tap - 1) & 1
    return (state << 1 | feedback) & ((1 << width) - 1)


def load(seed: int) -> int:
    """Return the state that a seed stands for: bit 0 is always one, so that no seed locks up."""
    return seed | 1


class Lfsr(Source):
    """Fibonacci linear-feedback shift register of maximal length.

    The state runs through all ``2**width - 1`` values but zero, which would be a fixed point: reset
    gives ``init``, and a loaded seed has its bit 0 set to one, so zero is never reached. Setting
    one bit costs nothing; comparing the seed with zero would cost a quarter of the core.

    Timing and members are those of :class:`~.source.Source`.

    Parameters
    ----------
    width : int, 3 to 32
        Bits of the state.
    init : int, 1 to ``2**width - 1``
        State after reset.

    Members
    -------
    seed : In(width)
        State to load, its bit 0 taken as one.
    state : Out(width)
        The state, never zero.
    """

    def __init__(self, *, width: int, init: int = 1):
        super().__init__(LIMITS, width=width, init=init)

    def following(self, m: Module, state: Signal) -> Value:
        """Return the state shifted up by one, the parity of the taps coming in."""
        return Cat(Cat(state[tap - 1] for tap in TAPS[self.width]).xor(), state[:-1])

    def loaded(self) -> Value:
        """Return the seed with its bit 0 set."""
        return self.seed | 1


core = Lfsr
