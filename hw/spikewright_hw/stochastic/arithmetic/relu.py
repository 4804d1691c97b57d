"""Stochastic ReLU: a bipolar bitstream whose running sum is kept from falling below zero."""

from amaranth import Module, Signal, Value

from .machine import Machine, counted

__all__ = ["PRESETS", "START", "Relu", "core", "step"]

#: Parameter sets by name.
PRESETS = {"s8": {"states": 8, "lanes": 1}, "s20_l4": {"states": 20, "lanes": 4}}

#: State after reset: nothing is owed.
START = 1


def step(state: int, bit: int, *, states: int) -> tuple[int, int]:
    """Pass ``bit`` on in a state from 0 to ``states - 1``; return the next state and the bit made.

    In state 0 the bit is one, whatever comes. A one that is made counts up, a zero down, and the
    upper end holds.
    """
    made = bit | int(state == 0)
    return min(state + 1, states - 1) if made else state - 1, made


class Relu(Machine):
    """ReLU of a bipolar bitstream: the running sum of the output is counted, and where it is
    negative the output is one.

    J. Li et al., "Hardware-Driven Nonlinear Activation for Stochastic Computing Based Deep
    Convolutional Neural Networks", IJCNN 2017, and "HEIF: Highly Efficient Stochastic
    Computing-Based Inference Framework for Deep Neural Networks", IEEE TCAD 38:1543, 2019. There
    the counter has as many states below its middle as above. It never gets below -1, since a one
    follows at once, so those states are left out here: state 0 stands for -1, and state 1 for a sum
    of zero.

    A value ``x`` above zero passes unchanged; one below comes out as zero, for the ones and zeros
    that are made then balance. For independent bits, with ``p = (1 + x) / 2`` and ``q = 1 - p``,
    the stationary output is exactly

    .. code-block:: none

        y = x + 2 q / (1 + (1 + r + ... + r**(states - 2)) / q)        with r = p / q

    which is never below ``max(0, x)``, and above it by at most ``1 / (2 * states - 1)``, at
    ``x = 0``. A bipolar stream ends at 1, so the ReLU is one that clips there.

    Timing and ``o`` are those of :class:`~.machine.Machine`.

    Parameters
    ----------
    states : int, at least 2
        States of the counter.
    lanes : int, at least 1
        Counters side by side.

    Members
    -------
    i : In(stream.Signature(lanes))
        Bits, bit ``k`` that of lane ``k``.
    """

    def __init__(self, *, states: int, lanes: int = 1):
        if states < 2:
            raise ValueError(f"a stochastic ReLU has at least 2 states, not {states}")
        if lanes < 1:
            raise ValueError(f"a stochastic ReLU has at least one lane, not {lanes}")
        self.count = states
        super().__init__(shape=lanes, lanes=lanes, state=range(states), start=START)

    def step(self, m: Module, lane: int) -> Value:
        """Build one counter, and the register of the bit that it made."""
        state = self.states[lane]
        bit = self.i.payload[lane] | (state == 0)
        made = Signal(name=f"made_{lane}")
        end = bit & (state == self.count - 1)
        m.d.sync += [made.eq(bit), state.eq(counted(state, up=bit, hold=end))]
        return made


core = Relu
