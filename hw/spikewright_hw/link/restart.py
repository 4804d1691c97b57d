"""Restart: when a board is reset that was asked for it."""

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ..protocol import DELIMITER

__all__ = ["Restart"]


class Restart(wiring.Component):
    """Waits until the answer to RESET is on the line, and asks for the reset.

    Members
    -------
    asked : In(1)
        RESET was answered: what leaves the encoder from now on is the rest of that answer.
    byte : In(8)
        What leaves the encoder.
    leaves : In(1)
        It does in this cycle.
    idle : In(1)
        The line has sent all that it was given.
    reset : Out(1)
        From a register; only a reset ends it.
    """

    asked: Signal
    byte: Signal
    leaves: Signal
    idle: Signal
    reset: Signal

    def __init__(self):
        super().__init__({
            "asked": In(1), "byte": In(8), "leaves": In(1), "idle": In(1), "reset": Out(1),
        })

    def elaborate(self, platform) -> Module:
        """Build the two registers."""
        m = Module()
        answered = Signal()
        with m.If(self.asked & self.leaves & (self.byte == DELIMITER)):
            m.d.sync += answered.eq(1)
        with m.If(answered & self.idle):
            m.d.sync += self.reset.eq(1)
        return m
