"""Frame decoder: bytes from a serial port in, whole valid packets out."""

from dataclasses import dataclass
from typing import Any

from amaranth import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.crc import catalog
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from ..protocol import DELIMITER, MAX_FRAME, OVERHEAD, Deframer, Status
from .packet import PACKET, REFUSAL

__all__ = ["PRESETS", "FrameDecoder", "core", "reference"]

#: Parameter sets by name: little room, room for a block of COBS and more, and for two frames.
PRESETS = {
    "c12": {"capacity": 12}, "c300": {"capacity": 300, "again_from": 6},
    "c21_f2": {"capacity": 21, "frames": 2, "again_from": 6},
}

#: The definition of correct: what each byte of the stream brings about.
reference = Deframer


class FrameDecoder(wiring.Component):
    """Undoes COBS, checks the CRC, and hands on a frame only when it is whole and valid.

    A frame is stored in block RAM while it arrives. Its delimiter decides: a valid frame leaves as
    a packet (sequence, code, payload; no CRC), garbage as one :class:`~.protocol.Status` on
    ``o_error``, an empty frame as nothing. Whatever the garbage was, the next frame is decoded.
    A frame of which a byte was lost is garbage, whatever its checksum says.

    The first byte of a packet is valid in the clock cycle after its delimiter's transfer; the
    throughput is one byte per clock cycle in either direction. Of one frame, no input is taken
    while a packet leaves; of two, input is taken until another packet waits behind it. Errors
    never hold up the input: one that happens while another waits is merged into it. ``refused``
    tells each of them.

    A packet stays stored until it has left: with ``again`` it leaves once more, or the part of it
    that begins at ``again_from``.

    Parameters
    ----------
    capacity : int, 4 to 65535
        Largest frame in bytes, decoded, with sequence, code and CRC.
    frames : int, 1 or 2
        Frames that are stored, that whose packet leaves among them.
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
    waits : Out(1)
        A byte has come since the packet on ``o`` began to leave.
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
    waits: Signal
    refused: data.View
    o_error: stream.Interface

    def __init__(self, *, capacity: int, frames: int = 1, again_from: int = 0):
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
        if frames not in (1, 2):
            raise ValueError(f"frames is {frames}; a decoder stores 1 or 2")
        self.capacity = capacity
        self.frames = frames
        self.again_from = again_from
        super().__init__(
            {
                "i": In(stream.Signature(8)),
                "lost": In(1),
                "o": Out(stream.Signature(PACKET)),
                "length": Out(range(capacity)),
                "again": In(1),
                "right": Out(1),
                "waits": Out(1),
                "refused": Out(REFUSAL),
                "o_error": Out(stream.Signature(Status)),
            }
        )

    def elaborate(self, platform) -> Module:
        """Build the COBS decoder, the memory of frames and its reader."""
        m = Module()
        width = ceil_log2(self.capacity)
        depth = self.capacity if self.frames == 1 else 2 << width
        m.submodules.buffer = buffer = memory.Memory(shape=8, depth=depth, init=[])
        write, read = buffer.write_port(), buffer.read_port()
        take = Signal()  # a byte that belongs to a frame
        end = Signal()  # its delimiter
        half = Signal() if self.frames == 2 else Const(0, 0)  # of the memory that is written
        frame = self._decode(m, write, half, take, end)
        verdict = self._verdict(m, frame)
        with m.If(self.o_error.ready):
            m.d.sync += self.o_error.valid.eq(0)
        m.d.comb += [
            take.eq(self.i.valid & self.i.ready & (self.i.payload != DELIMITER)),
            end.eq(self.i.valid & self.i.ready & (self.i.payload == DELIMITER)),
        ]
        with m.If(end & (~frame.empty | frame.incomplete)):
            with m.If(verdict == Status.OK):
                m.d.comb += self.right.eq(1)
            with m.Else():
                self._tell(m, frame, verdict)
                with m.If(~self.o_error.valid | self.o_error.ready):
                    m.d.sync += [self.o_error.valid.eq(1), self.o_error.payload.eq(verdict)]
        self._emit(m, read, half, frame.count)
        return m

    def _decode(
        self, m: Module, write: Any, half: Value, take: Signal, end: Signal
    ) -> "_Frame":
        """Build what undoes COBS, sums up the CRC and stores the bytes of a frame."""
        crc: Any = catalog.CRC16_GENIBUS().create()  # the stubs leave this module out
        m.submodules.crc = crc
        empty = Signal(init=1)
        left = Signal(8)
        full = Signal(init=1)  # the next code byte stands for no zero
        count = Signal(range(self.capacity + 1))
        too_long = Signal()
        store = Signal()
        m.d.comb += [
            store.eq(take & ((left != 0) | ~full)),
            write.addr.eq(self._address(count, half)),
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

    def _emit(self, m: Module, read: Any, half: Value, count: Signal) -> None:
        """Build what lets packets leave, and says whether there is room for another frame."""
        position = Signal(range(self.capacity))
        leaves, over = Signal(), Signal()  # a packet does; and this is its last cycle
        m.d.comb += [
            self.o.valid.eq(leaves),
            self.o.payload.data.eq(read.data),
            self.o.payload.last.eq(position == self.length - 1),
            over.eq(leaves & self.o.ready & self.o.payload.last & ~self.again),
        ]
        free = ~leaves | over
        if self.frames == 1:
            m.d.comb += self.i.ready.eq(~leaves)
            begins, length = self.right, count - 2
        else:
            begins, length = self._queue(m, half, count, free=free)
        with m.If(begins):
            m.d.sync += [leaves.eq(1), self.length.eq(length)]
        with m.Elif(over):
            m.d.sync += leaves.eq(0)

        # The memory answers one cycle later, so it is asked one byte ahead.
        place = Signal.like(position)
        with m.If(free):
            m.d.sync += position.eq(0)
        with m.Elif(self.o.ready):
            m.d.comb += place.eq(Mux(self.o.payload.last, self.again_from, position + 1))
            m.d.sync += position.eq(place)
        with m.Else():
            m.d.comb += place.eq(position)
        m.d.comb += read.addr.eq(self._address(place, half ^ ~free))
        came = Signal()  # a byte since the packet began to leave
        m.d.sync += came.eq(~free & (came | self.i.valid))
        m.d.comb += self.waits.eq(leaves & (came | self.i.valid))

    def _queue(self, m: Module, half: Value, count: Signal, *, free: Value) -> tuple[Value, Value]:
        """Build what keeps a second packet; return when one begins to leave, and its length."""
        kept, length = Signal(), Signal.like(self.length)  # a packet waits for the one that leaves
        m.d.comb += self.i.ready.eq(~kept)
        begins = free & (self.right | kept)
        with m.If(begins):
            m.d.sync += [half.eq(~half), kept.eq(0)]
        with m.Elif(self.right):
            m.d.sync += [kept.eq(1), length.eq(count - 2)]
        return begins, Mux(kept, length, count - 2)

    def _address(self, place: Value, half: Value) -> Value:
        """Return the address of a byte of a frame in a half of the memory."""
        return place if self.frames == 1 else Cat(place[: ceil_log2(self.capacity)], half[0])


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
