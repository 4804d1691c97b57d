"""Linear-feedback shift register: the random source of the stochastic engine."""

from amaranth import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["PRESETS", "TAPS", "Lfsr", "core", "load", "step"]

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
    """Give the state that follows ``state``: shift left by one, parity of the taps comes in."""
    feedback = 0
    for tap in TAPS[width]:
        feedback ^= state >> (tap - 1) & 1
    return (state << 1 | feedback) & ((1 << width) - 1)


def load(seed: int) -> int:
    """Give the state that a seed stands for: bit 0 is always one, so that no seed locks up."""
    return seed | 1


class Lfsr(wiring.Component):
    """Fibonacci linear-feedback shift register of maximal length.

    The state runs through all ``2**width - 1`` values but zero, which would be a fixed point: reset
    gives ``init``, and a loaded seed has its bit 0 set to one, so zero is never reached. Setting
    one bit costs nothing; comparing the seed with zero would cost a quarter of the core.

    A new state appears one clock cycle after ``enable`` or ``reseed``; the throughput is one state
    per clock cycle. ``reseed`` wins over ``enable``.

    Parameters
    ----------
    width : int
        Bits of the state, 3 to 32.
    init : int
        State after reset, 1 to ``2**width - 1``.

    Members
    -------
    enable : In(1)
        Step at the next clock edge.
    reseed : In(1)
        Load ``seed | 1`` at the next clock edge.
    seed : In(width)
        State to load; its bit 0 is taken as one.
    state : Out(width)
        The state, never zero.
    """

    enable: Signal
    reseed: Signal
    seed: Signal
    state: Signal

    def __init__(self, *, width: int, init: int = 1):
        if width not in TAPS:
            raise ValueError(f"an LFSR is 3 to 32 bits wide, not {width}")
        if not 1 <= init < 1 << width:
            raise ValueError(
                f"the init of an LFSR of {width} bits lies in 1 to {(1 << width) - 1}, not {init}"
            )
        self.width = width
        self.init = init
        super().__init__(
            {
                "enable": In(1),
                "reseed": In(1),
                "seed": In(width),
                "state": Out(width),
            }
        )

    def elaborate(self, platform) -> Module:
        """Build the register and its feedback."""
        m = Module()
        state = Signal(self.width, init=self.init)
        feedback = Cat(state[tap - 1] for tap in TAPS[self.width]).xor()
        with m.If(self.reseed):
            m.d.sync += state.eq(self.seed | 1)
        with m.Elif(self.enable):
            m.d.sync += state.eq(Cat(feedback, state[:-1]))
        m.d.comb += self.state.eq(state)
        return m


core = Lfsr
