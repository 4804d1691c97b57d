"""Serial port, transmitting side."""

from amaranth import Cat, Const, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..protocol import LEAST_DIVISOR

__all__ = ["PRESETS", "UartTx", "check_divisor", "core", "line_bits"]

#: Parameter sets by name: the fastest, 1 Mbit/s from a 25 MHz clock, and that until told otherwise.
PRESETS = {"d4": {"divisor": 4}, "d25": {"divisor": 25}, "d25_b8": {"divisor": 25, "bits": 8}}

def line_bits(byte: int) -> tuple[int, ...]:
    """Return the ten levels of a byte on the line: start bit, data from bit 0 up, stop bit."""
    return (0, *(byte >> bit & 1 for bit in range(8)), 1)


def check_divisor(divisor: int, *, bits: int = 0) -> None:
    """Raise :exc:`ValueError` for a divisor of a port that is too small, or has more bits."""
    if divisor < LEAST_DIVISOR:
        raise ValueError(
            f"divisor is at least {LEAST_DIVISOR} clock cycles per bit, not {divisor}"
        )
    if bits and divisor.bit_length() > bits:
        raise ValueError(f"a divisor of {divisor} does not fit {bits} bits")


class UartTx(wiring.Component):
    """Sends bytes as 8 data bits, no parity, one stop bit; the line rests high.

    A byte's start bit begins in the clock cycle after its transfer. The throughput is one byte in
    ``10 * divisor`` clock cycles: the next byte is taken in the last cycle of a stop bit.

    Parameters
    ----------
    divisor : int, at least 4
        Clock cycles per bit.
    bits : int, 0 or enough for the divisor
        Of the port ``cycles``, which there is if this is not 0: clock cycles per bit, at least 4,
        in place of ``divisor``. It is looked at in the cycle of a byte's transfer, so each byte is
        sent with one divisor throughout.

    Members
    -------
    i : In(stream.Signature(8))
        Bytes to send.
    tx : Out(1, init=1)
        The line, from a register; it rests high.
    """

    i: stream.Interface
    tx: Signal
    cycles: Signal

    def __init__(self, *, divisor: int, bits: int = 0):
        check_divisor(divisor, bits=bits)
        self.divisor = divisor
        self.bits = bits
        super().__init__(
            {
                "i": In(stream.Signature(8)),
                "tx": Out(1, init=1),  # pyright: ignore[reportCallIssue]  # stubs say reset
                **({"cycles": In(bits)} if bits else {}),
            }
        )

    def elaborate(self, platform) -> Module:
        """Build the shift register and its timer."""
        m = Module()
        rest = Signal(9, init=-1)  # bits that follow the one on the line
        left = Signal(range(11))  # bits not yet ended, the one on the line among them
        cycles = self.cycles if self.bits else Const(self.divisor)
        period = Signal.like(cycles) if self.bits else cycles  # of the byte on the line
        timer = Signal.like(cycles, init=1)  # cycles left of the bit on the line, this one too

        m.d.comb += self.i.ready.eq((left == 0) | ((left == 1) & (timer == 1)))
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [
                self.tx.eq(0),
                rest.eq(Cat(self.i.payload, Const(1, 1))),
                left.eq(10),
                timer.eq(cycles),
            ]
            if self.bits:
                m.d.sync += period.eq(cycles)
        with m.Elif(timer != 1):
            m.d.sync += timer.eq(timer - 1)
        with m.Elif(left != 0):
            m.d.sync += [
                self.tx.eq(rest[0]),
                rest.eq(Cat(rest[1:], Const(1, 1))),
                left.eq(left - 1),
                timer.eq(period),
            ]
        return m


core = UartTx
