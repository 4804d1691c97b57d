"""Frame decoder: bytes from a serial port in, whole valid packets out."""

from dataclasses import dataclass
from typing import Any

from amaranth import Module, Mux, Signal, Value
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.crc import catalog
from amaranth.lib.wiring import In, Out

from ..protocol import DELIMITER, MAX_FRAME, OVERHEAD, Deframer, Status
from .packet import PACKET, REFUSAL

__all__ = ["PRESETS", "FrameDecoder", "core", "reference"]

#: Parameter sets by name: little room, and room for a block of COBS and more.
PRESETS = {"c12": {"capacity": 12}, "c300": {"capacity": 300, "again_from": 6}}

#: The definition of correct: what each byte of the stream brings about.
reference = Deframer


class FrameDecoder(wiring.Component):
    """Undoes COBS, checks the CRC, and hands on a frame only when it is whole and valid.

    A frame is stored in block RAM while it arrives. Its delimiter decides: a valid frame leaves as
    a packet (sequence, code, payload; no CRC), garbage as one :class:`~.protocol.Status` on
    ``o_error``, an empty frame as nothing. Whatever the garbage was, the next frame is decoded.
    A frame of which a byte was lost is garbage, whatever its checksum says.

    The first byte of a packet is valid in the clock cycle after its delimiter's transfer; the
    throughput is one byte per clock cycle in either direction, one direction at a time: no input
    is taken while a packet leaves. Errors never hold up the input: one that happens while another
    waits is merged into it. ``refused`` tells each of them.

    A packet stays stored until it has left: with ``again`` it leaves once more, or the part of it
    that begins at ``again_from``.

    Parameters
    ----------
    capacity : int, 4 to 65535
        Largest frame in bytes, decoded, with sequence, code and CRC.
    again_from : int, 0 to capacity - 1
        Bytes of a packet that do not leave again.

    Members
    -------
    i : In(stream.Signature(8))
        Bytes received.
    lost : In(1)
        A byte was lost, which came after the byte that is on ``i`` and is not taken in this cycle.
    o : Out(stream.Signature(PACKET))
        Valid packets, without their CRC: bytes ``data``, and ``last`` at the last byte of a packet;
        at least two bytes each.
    length : Out(range(capacity))
        Bytes of the packet on ``o``, from its first byte to its last.
    again : In(1)
        The packet whose last byte is taken in this cycle leaves again, the next byte in the next
        cycle; it has more than ``again_from`` bytes then.
    right : Out(1)
        A frame ends in this cycle that is whole and valid.
    refused : Out(REFUSAL)
        A frame is refused in this cycle, and why.
    o_error : Out(stream.Signature(Status))
        Why a frame was refused: BAD_COBS, BAD_CRC, TOO_LONG or TOO_SHORT.
    """

    i: stream.Interface
    lost: Signal
    o: stream.Interface
    length: Signal
    again: Signal
    right: Signal
    refused: data.View
    o_error: stream.Interface

    def __init__(self, *, capacity: int, again_from: int = 0):
        if not OVERHEAD <= capacity <= MAX_FRAME:
            raise ValueError(
                f"capacity of a frame decoder lies in {OVERHEAD} to {MAX_FRAME} bytes, "
                f"not {capacity}"
            )
        if not 0 <= again_from < capacity:
            raise ValueError(
                f"again_from is a place in a frame of {capacity} bytes, 0 to {capacity - 1}, "
                f"not {again_from}"
            )
        self.capacity = capacity
        self.again_from = again_from
        super().__init__(
            {
                "i": In(stream.Signature(8)),
                "lost": In(1),
                "o": Out(stream.Signature(PACKET)),
                "length": Out(range(capacity)),
                "again": In(1),
                "right": Out(1),
                "refused": Out(REFUSAL),
                "o_error": Out(stream.Signature(Status)),
            }
        )

    def elaborate(self, platform) -> Module:
        """Build the COBS decoder, the frame's memory and its reader."""
        m = Module()
        m.submodules.buffer = buffer = memory.Memory(shape=8, depth=self.capacity, init=[])
        write, read = buffer.write_port(), buffer.read_port()
        take = Signal()  # a byte that belongs to a frame
        end = Signal()  # its delimiter
        frame = self._decode(m, write, take, end)
        verdict = self._verdict(m, frame)
        with m.If(self.o_error.ready):
            m.d.sync += self.o_error.valid.eq(0)
        with m.FSM():
            with m.State("RECEIVE"):
                m.d.comb += [
                    self.i.ready.eq(1),
                    take.eq(self.i.valid & (self.i.payload != DELIMITER)),
                    end.eq(self.i.valid & (self.i.payload == DELIMITER)),
                ]
                with m.If(end & (~frame.empty | frame.incomplete)):
                    with m.If(verdict == Status.OK):
                        m.d.comb += self.right.eq(1)
                        m.d.sync += self.length.eq(frame.count - 2)
                        m.next = "EMIT"
                    with m.Else():
                        self._tell(m, frame, verdict)
                        with m.If(~self.o_error.valid | self.o_error.ready):
                            m.d.sync += [self.o_error.valid.eq(1), self.o_error.payload.eq(verdict)]
            self._emit(m, read)
        return m

    def _decode(self, m: Module, write: Any, take: Signal, end: Signal) -> "_Frame":
        """Build what undoes COBS, sums up the CRC and stores the bytes of a frame."""
        crc: Any = catalog.CRC16_IBM_3740().create()  # the stubs leave this module out
        m.submodules.crc = crc
        empty = Signal(init=1)
        left = Signal(8)
        full = Signal(init=1)  # the next code byte stands for no zero
        count = Signal(range(self.capacity + 1))
        too_long = Signal()
        store = Signal()
        m.d.comb += [
            store.eq(take & ((left != 0) | ~full)),
            write.addr.eq(count),
            write.data.eq(Mux(left != 0, self.i.payload, 0)),
            write.en.eq(store & (count != self.capacity)),
            crc.data.eq(write.data),
            crc.valid.eq(store),
            crc.start.eq(end),
        ]
        with m.If(store):
            with m.If(count == self.capacity):
                m.d.sync += too_long.eq(1)
            with m.Else():
                m.d.sync += count.eq(count + 1)
        with m.If(take):
            m.d.sync += empty.eq(0)
            with m.If(left != 0):
                m.d.sync += left.eq(left - 1)
            with m.Else():
                m.d.sync += [left.eq(self.i.payload - 1), full.eq(self.i.payload == 0xFF)]
        with m.If(end):
            m.d.sync += [
                empty.eq(1), left.eq(0), full.eq(1), count.eq(0), too_long.eq(0)
            ]  # fmt: skip
        return _Frame(
            empty=empty, left=left, count=count, too_long=too_long,
            incomplete=self._incomplete(m, take, end), intact=crc.match_detected,
        )

    def _incomplete(self, m: Module, take: Signal, end: Signal) -> Signal:
        """Build the memory of bytes that were lost; return whether one was in this frame."""
        gap = Signal()  # after the byte that waits
        incomplete = Signal()
        with m.If(self.lost):
            m.d.sync += gap.eq(1)
        with m.If(take | end):
            m.d.sync += [gap.eq(0), incomplete.eq(gap | (incomplete & ~end))]
        return incomplete

    def _verdict(self, m: Module, frame: "_Frame") -> Signal:
        """Build what a frame that ends here is."""
        verdict = Signal(Status, init=Status.OK)
        with m.If(frame.too_long):
            m.d.comb += verdict.eq(Status.TOO_LONG)
        with m.Elif(frame.left != 0):
            m.d.comb += verdict.eq(Status.BAD_COBS)
        with m.Elif(frame.count < OVERHEAD):
            m.d.comb += verdict.eq(Status.TOO_SHORT)
        with m.Elif(~frame.intact | frame.incomplete):
            m.d.comb += verdict.eq(Status.BAD_CRC)
        return verdict

    def _tell(self, m: Module, frame: "_Frame", verdict: Signal) -> None:
        """Tell that a frame is refused here, and why."""
        with m.If(frame.incomplete):
            m.d.comb += self.refused.overflow.eq(1)
        with m.Elif(verdict == Status.BAD_CRC):
            m.d.comb += self.refused.bad_checksum.eq(1)
        with m.Else():
            m.d.comb += self.refused.malformed.eq(1)

    def _emit(self, m: Module, read: Any) -> None:
        """Build the state in which a packet leaves."""
        position = Signal(range(self.capacity))
        m.d.comb += [
            read.addr.eq(position),
            self.o.payload.data.eq(read.data),
            self.o.payload.last.eq(position == self.length - 1),
        ]
        with m.State("EMIT"):
            m.d.comb += self.o.valid.eq(1)
            with m.If(self.o.ready):
                with m.If(self.o.payload.last & self.again):
                    m.d.comb += read.addr.eq(self.again_from)
                    m.d.sync += position.eq(self.again_from)
                with m.Elif(self.o.payload.last):
                    m.d.sync += position.eq(0)
                    m.next = "RECEIVE"
                with m.Else():
                    # The memory answers one cycle later, so it is asked one byte ahead.
                    m.d.comb += read.addr.eq(position + 1)
                    m.d.sync += position.eq(position + 1)


@dataclass(frozen=True, kw_only=True)
class _Frame:
    """The frame that is stored: ``count`` bytes of it, and what is known of them.

    ``empty``: nothing came since the last delimiter; ``left``: bytes to come before the next code
    byte; ``too_long``: there was no room for a byte; ``incomplete``: a byte was lost; ``intact``:
    the CRC is that of the bytes.
    """

    empty: Signal
    left: Signal
    count: Signal
    too_long: Signal
    incomplete: Signal
    intact: Value


core = FrameDecoder
