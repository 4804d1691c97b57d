"""Bit rate: how many clock cycles a bit of the serial port has, as RATE changes it."""

from collections.abc import Sequence

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from .uart_tx import check_divisor

__all__ = ["PRESETS", "BitRate", "core", "rates"]

#: Parameter sets by name: trials that are over soon, from 4 and from 25 cycles a bit.
PRESETS = {
    "d4_p3": {"divisor": 4, "bits": 3, "patience": 3},
    "d25_p6": {"divisor": 25, "bits": 8, "patience": 6},
}


def rates(events: Sequence[tuple[int, bool]], *, divisor: int, patience: int) -> list[int]:
    """Return the cycles of a bit in the clock cycle after each event: what came of those before it.

    An event is what is asked for in a cycle, 0 for nothing, and whether a right frame came in it.
    """
    cycles, left, found = divisor, 0, []
    for wanted, right in events:
        if wanted:
            cycles, left = wanted, 1 << patience
        elif right:
            left = 0
        elif left:
            left -= 1
            cycles = cycles if left else divisor
        found.append(cycles)
    return [divisor, *found][: len(events)]


class BitRate(wiring.Component):
    """Holds the clock cycles of a bit: those it began with, or others that were tried and kept.

    What is asked for is on trial from the cycle after the next on: all that comes is stored first,
    for it comes late in a cycle. It is kept as soon as a right frame has
    come; if none does within ``2 ** patience`` cycles, the first rate is back. A reset, too, brings
    that back.

    Parameters
    ----------
    divisor : int, at least 4
        Clock cycles per bit of the first rate.
    bits : int, enough for the divisor
        Of a number of clock cycles per bit.
    patience : int, at least 1
        Of the cycles of a trial, the logarithm to base 2.

    Members
    -------
    wanted : In(bits)
        Clock cycles per bit that are asked for, at least 4.
    change : In(1)
        They are asked for in this cycle.
    right : In(1)
        A frame with a right checksum is in, as of this cycle.
    cycles : Out(bits)
        Clock cycles per bit.
    trial : Out(1)
        They are on trial.
    """

    wanted: Signal
    change: Signal
    right: Signal
    cycles: Signal
    trial: Signal

    def __init__(self, *, divisor: int, bits: int, patience: int):
        check_divisor(divisor, bits=bits)
        if patience < 1:
            raise ValueError(f"patience is at least 1, for 2 cycles, not {patience}")
        self.divisor = divisor
        self.bits = bits
        self.patience = patience
        super().__init__({
            "wanted": In(bits),
            "change": In(1),
            "right": In(1),
            "cycles": Out(bits, init=divisor),  # pyright: ignore[reportCallIssue]  # stubs: reset
            "trial": Out(1),
        })

    def elaborate(self, platform) -> Module:
        """Build the register and the time of a trial."""
        m = Module()
        passed = Signal(self.patience)
        wanted, change, right = Signal.like(self.wanted), Signal(), Signal()
        m.d.sync += [wanted.eq(self.wanted), change.eq(self.change), right.eq(self.right)]
        with m.If(change):
            m.d.sync += [self.cycles.eq(wanted), self.trial.eq(1), passed.eq(0)]
        with m.Elif(self.trial):
            m.d.sync += passed.eq(passed + 1)
            with m.If(right):
                m.d.sync += self.trial.eq(0)
            with m.Elif(passed.all()):
                m.d.sync += [self.trial.eq(0), self.cycles.eq(self.divisor)]
        return m


core = BitRate
