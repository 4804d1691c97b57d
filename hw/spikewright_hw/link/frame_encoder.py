"""Frame encoder: packets in, frames for a serial port out."""

from dataclasses import dataclass
from typing import Any

from amaranth import Module, Mux, Signal
from amaranth.lib import memory, stream, wiring
from amaranth.lib.crc import catalog
from amaranth.lib.wiring import In, Out

from ..protocol import DELIMITER, Frame, encode_frame
from .packet import PACKET

__all__ = ["PRESETS", "FrameEncoder", "core", "reference"]

#: Parameter sets by name; there is but one.
PRESETS: dict[str, dict[str, int]] = {"w8": {}}

#: Longest run of bytes between two code bytes.
_BLOCK = 254


def reference(packet: bytes) -> bytes:
    """Return the bytes that a packet leaves as."""
    return encode_frame(Frame(packet[0], packet[1], packet[2:]))


class FrameEncoder(wiring.Component):
    """Appends the CRC, encodes by COBS, and ends the frame with a zero.

    COBS writes the length of a run before the run itself, so each run of up to 254 bytes is stored
    in block RAM before it leaves. A packet may have any length.

    The latency is that of a run: its code byte is valid in the clock cycle after its last byte came
    in. ``n`` bytes of packet take ``2 * n + 2 * runs + 5`` clock cycles or less if neither side
    waits, a few percent of what the serial port after it needs.

    Members
    -------
    i : In(stream.Signature(PACKET))
        Packets: bytes ``data``, and ``last`` at the last byte of a packet; sequence, code,
        payload, of any length from one byte.
    o : Out(stream.Signature(8))
        Bytes to send.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(self):
        super().__init__({"i": In(stream.Signature(PACKET)), "o": Out(stream.Signature(8))})

    def elaborate(self, platform) -> Module:
        """Build the CRC, the memory of a run and the state machine."""
        m = Module()
        crc: Any = catalog.CRC16_GENIBUS().create()  # the stubs leave this module out
        m.submodules.crc = crc
        m.submodules.buffer = buffer = memory.Memory(shape=8, depth=_BLOCK, init=[])
        write, read = buffer.write_port(), buffer.read_port()
        packet = _Packet(
            count=Signal(range(_BLOCK + 1), name="count"),
            zero=Signal(name="zero"),
            checked=Signal(name="checked"),
            tail=Signal(range(3), name="tail"),
        )
        m.d.comb += [
            crc.data.eq(self.i.payload.data),
            crc.valid.eq(self.i.valid & self.i.ready),
        ]
        with m.FSM():
            self._fill(m, packet, write, crc)
            self._send(m, packet, read)

            with m.State("END"):
                m.d.sync += [packet.count.eq(0), packet.zero.eq(0)]
                with m.If(~packet.checked | (packet.tail != 0)):
                    m.next = "FILL"
                with m.Elif(packet.zero):
                    m.next = "CODE"
                with m.Else():
                    m.next = "DELIMITER"

            with m.State("DELIMITER"):
                m.d.comb += [self.o.valid.eq(1), self.o.payload.eq(DELIMITER)]
                with m.If(self.o.ready):
                    m.d.comb += crc.start.eq(1)
                    m.d.sync += packet.checked.eq(0)
                    m.next = "FILL"
        return m

    def _fill(self, m: Module, packet: "_Packet", write: Any, crc: Any) -> None:
        """Build the state that stores a run: of the packet, and after it of the CRC."""
        count, checked, tail = packet.count, packet.checked, packet.tail
        byte, feed = Signal(8), Signal()
        m.d.comb += [write.addr.eq(count), write.data.eq(byte)]
        with m.State("FILL"):
            with m.If(checked):
                m.d.comb += [byte.eq(Mux(tail == 2, crc.crc[8:], crc.crc[:8])), feed.eq(1)]
            with m.Else():
                m.d.comb += [
                    byte.eq(self.i.payload.data),
                    feed.eq(self.i.valid),
                    self.i.ready.eq(1),
                ]
            with m.If(feed):
                with m.If(checked):
                    m.d.sync += tail.eq(tail - 1)
                with m.Elif(self.i.payload.last):
                    m.d.sync += [checked.eq(1), tail.eq(2)]
                m.d.sync += packet.zero.eq(byte == 0)
                with m.If(byte != 0):
                    m.d.comb += write.en.eq(1)
                    m.d.sync += count.eq(count + 1)
                with m.If((byte == 0) | (count == _BLOCK - 1) | (checked & (tail == 1))):
                    m.next = "CODE"

    def _send(self, m: Module, packet: "_Packet", read: Any) -> None:
        """Build the states in which a run leaves, its code byte first."""
        position = Signal(range(_BLOCK))
        m.d.comb += read.addr.eq(position)
        with m.State("CODE"):
            m.d.comb += [self.o.valid.eq(1), self.o.payload.eq(packet.count + 1)]
            with m.If(self.o.ready):
                m.next = "END"
                with m.If(packet.count != 0):
                    m.next = "RUN"

        with m.State("RUN"):
            m.d.comb += [self.o.valid.eq(1), self.o.payload.eq(read.data)]
            with m.If(self.o.ready):
                # The memory answers one cycle later, so it is asked one byte ahead.
                m.d.comb += read.addr.eq(position + 1)
                m.d.sync += position.eq(position + 1)
                with m.If(position == packet.count - 1):
                    m.d.sync += position.eq(0)
                    m.next = "END"


@dataclass(frozen=True, kw_only=True)
class _Packet:
    """Registers: how far a packet has come in.

    ``count``: bytes of the run that is stored; ``zero``: the run ended with a zero, so another
    follows; ``checked``: the packet is in; ``tail``: bytes of the CRC that then still come.
    """

    count: Signal
    zero: Signal
    checked: Signal
    tail: Signal


core = FrameEncoder
