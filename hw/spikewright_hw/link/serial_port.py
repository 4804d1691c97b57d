"""Serial port: a serial line on one side, packets on the other."""

from typing import Any, Protocol

from amaranth import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..protocol import DELIMITER, DIVISOR_BITS, MAX_FRAME, Status
from .bit_rate import BitRate
from .frame_decoder import FrameDecoder
from .frame_encoder import FrameEncoder
from .packet import PACKET, REFUSAL
from .restart import Restart
from .uart_rx import UartRx
from .uart_tx import UartTx

__all__ = ["SerialPort", "SerialTop"]


class SerialTop(Protocol):
    """What is behind the pins of a board, such as :class:`~spikewright_hw.board.BoardTop`.

    It may have lights and pins more: ``busy``, ``prediction``, ``running``, ``reset``, ``button``.
    """

    rx: Signal
    tx: Signal

    def elaborate(self, platform: Any) -> Any:
        """Build the board top."""


class SerialPort(wiring.Component):
    """The frames of a board: what comes in is checked, and what goes out is framed.

    .. code-block:: none

        rx -> UartRx -> FrameDecoder -> o
                                        i -> FrameEncoder -> UartTx -> tx

    Of two frames, one that arrives while a packet is on ``o`` is stored, and leaves after it; of
    more at once, bytes are lost, and the frame that they leave is refused as BAD_CRC. Of one frame
    bytes are lost while a packet is on ``o``.

    Parameters
    ----------
    divisor : int
        Clock cycles per bit, at least 4.
    capacity : int
        Bytes of the longest frame from the host, decoded.
    frames : int
        Frames that are stored, that on ``o`` among them: 1 or 2.
    again_from : int
        Byte of a packet from which it can come again; 0 if none does.
    patience : int
        Of the clock cycles for which another rate is tried, the logarithm to base 2; 0 if the rate
        is fixed.

    Members
    -------
    rx : In(1, init=1)
        Serial line from the host, asynchronous.
    tx : Out(1, init=1)
        Serial line to the host.
    o : Out(stream.Signature(PACKET))
        Packets from the host.
    o_length : Out(range(MAX_FRAME))
        Bytes of the packet on ``o``.
    o_error : Out(stream.Signature(Status))
        Why a frame was refused.
    o_refused : Out(REFUSAL)
        A frame is refused in this cycle, and why.
    o_waits : Out(1)
        A byte from the host has come since the packet on ``o`` began to leave.
    again : In(1)
        At the last byte of a packet: it comes once more, from ``again_from``.
    i : In(stream.Signature(PACKET))
        Packets to the host.
    restart : In(1)
        What leaves from now on is the rest of the answer after which the board is reset.
    reset : Out(1)
        That answer is on the line. From a register; only a reset ends it.
    change : In(1)
        What leaves from now on is the rest of the answer after which the rate is another.
    wanted : In(DIVISOR_BITS)
        Clock cycles per bit of that rate, at least 4.
    changed : Out(1)
        The rate is that as of the cycle after the next, but for the last byte of the answer.
    trial : Out(1)
        No right frame has come since then, and the time for one is not over.
    """

    rx: Signal
    tx: Signal
    o: stream.Interface
    o_length: Signal
    o_error: stream.Interface
    o_refused: data.View
    o_waits: Signal
    again: Signal
    i: stream.Interface
    restart: Signal
    reset: Signal
    change: Signal
    wanted: Signal
    changed: Signal
    trial: Signal

    def __init__(
        self, *, divisor: int, capacity: int, frames: int = 1, again_from: int = 0,
        patience: int = 0,
    ):
        self.divisor = divisor
        self.patience = patience
        self.capacity = capacity
        self.frames = frames
        self.again_from = again_from
        super().__init__({
            "rx": In(1, init=1),  # pyright: ignore[reportCallIssue]  # stubs say reset
            "tx": Out(1, init=1),  # pyright: ignore[reportCallIssue]  # stubs say reset
            "o": Out(stream.Signature(PACKET)),
            "o_length": Out(range(MAX_FRAME)),
            "o_error": Out(stream.Signature(Status)),
            "o_refused": Out(REFUSAL),
            "o_waits": Out(1),
            "again": In(1),
            "i": In(stream.Signature(PACKET)),
            "restart": In(1),
            "reset": Out(1),
            "change": In(1),
            "wanted": In(DIVISOR_BITS),
            "changed": Out(1),
            "trial": Out(1),
        })

    def elaborate(self, platform) -> Module:
        """Connect the stages."""
        m = Module()
        bits = DIVISOR_BITS if self.patience else 0
        m.submodules.uart_rx = uart_rx = UartRx(divisor=self.divisor, bits=bits)
        m.submodules.decoder = decoder = FrameDecoder(
            capacity=self.capacity, frames=self.frames, again_from=self.again_from
        )
        m.submodules.encoder = encoder = FrameEncoder()
        m.submodules.uart_tx = uart_tx = UartTx(divisor=self.divisor, bits=bits)
        m.submodules.restart = restart = Restart()
        wiring.connect(m, uart_rx.o, decoder.i)
        wiring.connect(m, decoder.o, wiring.flipped(self.o))
        wiring.connect(m, decoder.o_error, wiring.flipped(self.o_error))
        wiring.connect(m, wiring.flipped(self.i), encoder.i)
        wiring.connect(m, encoder.o, uart_tx.i)
        m.d.comb += [
            uart_rx.rx.eq(self.rx),
            self.tx.eq(uart_tx.tx),
            decoder.lost.eq(uart_rx.overrun),
            decoder.again.eq(self.again),
            self.o_length.eq(decoder.length),
            self.o_refused.eq(decoder.refused),
            self.o_waits.eq(decoder.waits),
            restart.asked.eq(self.restart),
            restart.byte.eq(encoder.o.payload),
            restart.leaves.eq(encoder.o.valid & encoder.o.ready),
            restart.idle.eq(uart_tx.i.ready),
            self.reset.eq(restart.reset),
        ]
        if self.patience:
            # The last byte of the answer is sent as it began; what comes after it is received at
            # the new rate, also if it comes at once.
            m.submodules.rate = rate = BitRate(
                divisor=self.divisor, bits=bits, patience=self.patience
            )
            m.d.comb += [
                rate.wanted.eq(self.wanted),
                rate.change.eq(self.change & restart.leaves & (restart.byte == DELIMITER)),
                rate.right.eq(decoder.right),
                uart_rx.cycles.eq(rate.cycles),
                uart_tx.cycles.eq(rate.cycles),
                self.changed.eq(rate.change),
                self.trial.eq(rate.trial),
            ]
        return m
