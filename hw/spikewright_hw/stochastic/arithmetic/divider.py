"""Divider: the quotient of two correlated unipolar bitstreams (CORDIV)."""

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.lib import data

from .machine import Machine

__all__ = ["PRESETS", "Divider", "core", "start", "step"]

#: Parameter sets by name.
PRESETS = {"d1": {"depth": 1, "lanes": 1}, "d4_l4": {"depth": 4, "lanes": 4}}


def start(*, depth: int) -> int:
    """Return the bits kept after reset: zeros and ones by turns, nearest to any quotient."""
    return sum(1 << place for place in range(1, depth, 2))


def step(kept: int, a: int, b: int, pick: int = 0, *, depth: int) -> tuple[int, int]:
    """Divide one bit of ``a`` by one of ``b``; return the bits to keep, the newest lowest, and one.

    Where ``b`` is one, the quotient's bit is ``a``, which is kept in place of the oldest; elsewhere
    it is the kept bit at ``pick``.
    """
    if b:
        return (kept << 1 | a) & ((1 << depth) - 1), a
    return kept, kept >> pick & 1


class Divider(Machine):
    """CORDIV of T.-H. Chen and J. P. Hayes, "Design of division circuits for stochastic
    computing", ISVLSI 2016: among the bits of ``a`` at ones of ``b`` the share of ones is a / b.

    .. code-block:: none

        P(a = 1 | b = 1) = P(a) / P(b)        if a is one only where b is

    So the operands must be correlated as much as they can be, with ``a <= b``: made from one random
    source, or by a synchronizer. Where ``b`` is zero, the quotient repeats one of the last
    ``depth`` bits: with a depth of 1 the last one, from a flip-flop that is the output register
    itself; otherwise the one that ``pick`` says, a random number, which repeats less in a row.

    For operands whose bits are independent in time, ``(depth + 1) / 2 * (1 - b) / b`` bits of the
    quotient, on average, are repeated from what was kept at the start. Apart from these the mean
    over ``n`` bits is ``c = a / b``, but for a random error whose variance is, for a large ``n``,

    .. code-block:: none

        c (1 - c) / n * (1 / b + (1 - b) * (1 + (1 - b) / (b * depth)))

    Timing is that of :class:`~.machine.Machine`.

    Parameters
    ----------
    depth : int, a power of two, 1 to 64
        Bits kept.
    lanes : int, at least 1
        Divisions side by side. They share ``pick``.

    Members
    -------
    i : In(stream.Signature(StructLayout({"a": lanes, "b": lanes, "pick": range(depth)})))
        Dividend and divisor, bit ``k`` of each belonging to lane ``k``, and the kept bit to repeat;
        no ``pick`` with a depth of 1.
    o : Out(stream.Signature(lanes))
        Quotients, bit ``k`` that of lane ``k``.
    """

    def __init__(self, *, depth: int = 1, lanes: int = 1):
        if depth not in (1, 2, 4, 8, 16, 32, 64):
            raise ValueError(f"a divider keeps a power of two of bits from 1 to 64, not {depth}")
        if lanes < 1:
            raise ValueError(f"a divider has at least one lane, not {lanes}")
        self.depth = depth
        fields = {"a": lanes, "b": lanes} | ({"pick": range(depth)} if depth > 1 else {})
        super().__init__(
            shape=data.StructLayout(fields), lanes=lanes, state=depth, start=start(depth=depth)
        )

    def step(self, m: Module, lane: int) -> Value:
        """Build one lane's bits kept, and the register of its quotient where they are several."""
        kept, a, b = self.states[lane], self.i.payload.a[lane], self.i.payload.b[lane]
        with m.If(b):
            m.d.sync += kept.eq(Cat(a, kept[:-1]))
        if self.depth == 1:
            return kept
        quotient = Signal(name=f"quotient_{lane}")
        m.d.sync += quotient.eq(Mux(b, a, (kept >> self.i.payload.pick)[0]))
        return quotient


core = Divider
