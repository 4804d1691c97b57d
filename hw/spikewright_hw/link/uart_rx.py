"""Serial port, receiving side."""

from collections.abc import Sequence

from amaranth import Cat, Const, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

from .uart_tx import check_divisor

__all__ = ["PRESETS", "UartRx", "core", "received"]

#: Parameter sets by name: the fastest, 1 Mbit/s from a 25 MHz clock, and that until told otherwise.
PRESETS = {"d4": {"divisor": 4}, "d25": {"divisor": 25}, "d25_b8": {"divisor": 25, "bits": 8}}


def received(levels: Sequence[int], *, divisor: int) -> list[int]:
    """Return the bytes that a line holds, one level per clock cycle; the line rested high before.

    A byte is found by its falling edge and sampled in the middle of each bit. A start bit that is
    high again by its middle is a glitch, and a byte whose stop bit is low is dropped; after that
    the line has to be high once before anything is received.
    """
    found = []
    at = 0
    while at < len(levels):
        if levels[at]:
            at += 1
            continue
        middle = at + divisor // 2
        samples = levels[middle : middle + 9 * divisor + 1 : divisor]
        if not samples:
            break
        if samples[0]:  # a glitch
            at = middle + 1
            continue
        if len(samples) < 10:
            break
        at = middle + 9 * divisor + 1
        if samples[9]:
            found.append(sum(bit << index for index, bit in enumerate(samples[1:9])))
        else:
            while at < len(levels) and not levels[at]:
                at += 1
    return found


class UartRx(wiring.Component):
    """Receives bytes of 8 data bits, no parity, one stop bit.

    A byte is valid one clock cycle after the middle of its stop bit, after a synchroniser of two
    registers. It waits for as long as the next byte takes; a byte that arrives while the one before
    is still waiting is dropped, and ``overrun`` tells. Glitches shorter than half a bit are
    ignored, bytes with a low stop bit are dropped: whatever is lost so, the frame's CRC notices.

    The sender's bits may be up to ``(1/2 - 1/divisor) / 10`` longer or shorter: 2.5 % at 4 clock
    cycles per bit, 4.6 % at 25. The throughput is that of the line.

    Parameters
    ----------
    divisor : int, at least 4
        Clock cycles per bit.
    bits : int, 0 or enough for the divisor
        Of the port ``cycles``, which there is if this is not 0: clock cycles per bit, at least 4,
        in place of ``divisor``. It is looked at before a byte begins, so each byte is received
        with one divisor throughout.

    Members
    -------
    rx : In(1, init=1)
        The line, asynchronous; two registers bring it into the clock domain.
    o : Out(stream.Signature(8))
        Bytes received.
    overrun : Out(1)
        High in the one cycle in which a byte is dropped because ``o`` was not taken.
    """

    rx: Signal
    o: stream.Interface
    overrun: Signal
    cycles: Signal

    def __init__(self, *, divisor: int, bits: int = 0):
        check_divisor(divisor, bits=bits)
        self.divisor = divisor
        self.bits = bits
        super().__init__(
            {
                "rx": In(1, init=1),  # pyright: ignore[reportCallIssue]  # stubs say reset
                "o": Out(stream.Signature(8)),
                "overrun": Out(1),
                **({"cycles": In(bits)} if bits else {}),
            }
        )

    def elaborate(self, platform) -> Module:
        """Build the synchroniser, the sampler and the output register."""
        m = Module()
        line = Signal(init=1)
        m.submodules.synchronizer = FFSynchronizer(
            self.rx, line, init=1, reset_less=False  # or a reset in a low bit begins a byte
        )

        cycles = self.cycles if self.bits else Const(self.divisor)
        period = Signal.like(cycles) if self.bits else cycles  # of the byte that is received
        timer = Signal.like(cycles)  # cycles to the next sample, this one among them
        index = Signal(range(10))  # the bit to be sampled: 0 is the start bit, 9 the stop bit
        bits = Signal(8)

        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)

        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += [index.eq(0), timer.eq(cycles >> 1)]
                if self.bits:
                    m.d.sync += period.eq(cycles)
                with m.If(~line):
                    m.next = "RECEIVE"

            with m.State("RECEIVE"):
                m.d.sync += timer.eq(timer - 1)
                with m.If(timer == 1):
                    m.d.sync += [timer.eq(period), index.eq(index + 1)]
                    with m.If(index == 0):
                        with m.If(line):
                            m.next = "IDLE"
                    with m.Elif(index < 9):
                        m.d.sync += bits.eq(Cat(bits[1:], line))
                    with m.Elif(line):
                        m.next = "IDLE"
                        with m.If(self.o.valid & ~self.o.ready):
                            m.d.comb += self.overrun.eq(1)
                        with m.Else():
                            m.d.sync += [self.o.valid.eq(1), self.o.payload.eq(bits)]
                    with m.Else():
                        m.next = "BREAK"

            with m.State("BREAK"):
                with m.If(line):
                    m.next = "IDLE"
        return m


core = UartRx
