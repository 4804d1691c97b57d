"""Serial port, transmitting side."""

from amaranth import Cat, Const, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["PRESETS", "UartTx", "core", "line_bits"]

#: Parameter sets by name: the fastest, and 1 Mbit/s from a 25 MHz clock.
PRESETS = {"d4": {"divisor": 4}, "d25": {"divisor": 25}}


def line_bits(byte: int) -> tuple[int, ...]:
    """Return the ten levels of a byte on the line: start bit, data from bit 0 up, stop bit."""
    return (0, *(byte >> bit & 1 for bit in range(8)), 1)


class UartTx(wiring.Component):
    """Sends bytes as 8 data bits, no parity, one stop bit; the line rests high.

    A byte's start bit begins in the clock cycle after its transfer. The throughput is one byte in
    ``10 * divisor`` clock cycles: the next byte is taken in the last cycle of a stop bit.

    Parameters
    ----------
    divisor : int, at least 4
        Clock cycles per bit.

    Members
    -------
    i : In(stream.Signature(8))
        Bytes to send.
    tx : Out(1, init=1)
        The line, from a register; it rests high.
    """

    i: stream.Interface
    tx: Signal

    def __init__(self, *, divisor: int):
        if divisor < 4:
            raise ValueError(f"divisor is at least 4 clock cycles per bit, not {divisor}")
        self.divisor = divisor
        super().__init__(
            {
                "i": In(stream.Signature(8)),
                "tx": Out(1, init=1),  # pyright: ignore[reportCallIssue]  # stubs say reset
            }
        )

    def elaborate(self, platform) -> Module:
        """Build the shift register and its timer."""
        m = Module()
        rest = Signal(9, init=-1)  # bits that follow the one on the line
        left = Signal(range(11))  # bits not yet ended, the one on the line among them
        timer = Signal(range(self.divisor))  # cycles left of the bit on the line

        m.d.comb += self.i.ready.eq((left == 0) | ((left == 1) & (timer == 0)))
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [
                self.tx.eq(0),
                rest.eq(Cat(self.i.payload, Const(1, 1))),
                left.eq(10),
                timer.eq(self.divisor - 1),
            ]
        with m.Elif(timer != 0):
            m.d.sync += timer.eq(timer - 1)
        with m.Elif(left != 0):
            m.d.sync += [
                self.tx.eq(rest[0]),
                rest.eq(Cat(rest[1:], Const(1, 1))),
                left.eq(left - 1),
                timer.eq(self.divisor - 1),
            ]
        return m


core = UartTx
