"""Stochastic tanh: a saturating counter that a bipolar bitstream drives up and down."""

from amaranth import Module, Mux, Value

from .machine import Machine, counted

__all__ = ["PRESETS", "START", "Tanh", "core", "step"]

#: Parameter sets by name.
PRESETS = {"s8": {"states": 8, "lanes": 1}, "s20_l4": {"states": 20, "lanes": 4}}

#: State after reset: the lowest of the upper half.
START = 0


def step(state: int, bit: int, *, states: int) -> tuple[int, int]:
    """Count ``bit`` in a state from ``-states // 2`` up; return the next state and the bit made.

    A one counts up, a zero down, and the ends hold. The bit is one in the upper half.
    """
    half = states // 2
    state = min(state + 1, half - 1) if bit else max(state - 1, -half)
    return state, int(state >= 0)


class Tanh(Machine):
    """Stanh of B. D. Brown and H. C. Card, "Stochastic neural computation I", IEEE Trans.
    Computers 50:891, 2001: a saturating up/down counter whose upper half makes ones.

    A bipolar stream of the value ``x``, of independent bits, drives a birth-death chain, whose
    stationary output is exactly

    .. code-block:: none

        y = tanh(states / 2 * atanh(x))        with E = 2 P - 1

    which near zero is the ``tanh(states / 2 * x)`` of the paper, and with two states ``x`` itself.
    The states are numbered from ``-states / 2``, so the bit that is made is the inverse of the
    counter's sign, and a lane has no other register than its counter.

    Timing and ``o`` are those of :class:`~.machine.Machine`; a bit of ``o`` counts the bit of ``i``
    that it answers.

    Parameters
    ----------
    states : int, even, at least 2
        States of the counter: twice the slope at zero.
    lanes : int, at least 1
        Counters side by side.

    Members
    -------
    i : In(stream.Signature(lanes))
        Bits, bit ``k`` that of lane ``k``.
    """

    def __init__(self, *, states: int, lanes: int = 1):
        if states < 2 or states % 2:
            raise ValueError(f"a stochastic tanh has an even number of states, not {states}")
        if lanes < 1:
            raise ValueError(f"a stochastic tanh has at least one lane, not {lanes}")
        half = states // 2
        self.count = states
        super().__init__(shape=lanes, lanes=lanes, state=range(-half, half), start=START)

    def step(self, m: Module, lane: int) -> Value:
        """Build one counter."""
        state, half = self.states[lane], self.count // 2
        bit = self.i.payload[lane]
        end = Mux(bit, state == half - 1, state == -half)
        m.d.sync += state.eq(counted(state, up=bit, hold=end))
        return ~state[-1]


core = Tanh
