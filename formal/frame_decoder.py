"""What is proved of the frame decoder."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from amaranth import Array, Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.hdl import Assert, Assume, Cover
from amaranth.lib.crc import catalog

from faults import Spec, Through, plant
from properties import Observed, anything, drive, held, observe, stall
from spikewright_hw.link.frame_decoder import FrameDecoder
from spikewright_hw.protocol import OVERHEAD, Status

#: What the core assumes of a packet that has to leave again.
AGAIN = "a packet that leaves again has more than what does not"
#: What the core assumes of a loss that it is told.
LOST = "a byte is lost only while another waits"


RIGHT = "each right frame is told when it ends, and nothing else as such"
TOLD = "each refused frame is told when it ends, by its kind"
WAITS = "a byte that came since the packet began to leave is told, and nothing else as such"
#: When input is taken, by how many frames are stored.
ROOM = {
    1: "input is taken except while a packet leaves",
    2: "input is taken except while a second packet waits",
}


@dataclass(frozen=True)
class Decoding:
    """The core and its streams, and the naive decoder: what it owes."""

    dut: FrameDecoder
    i: Observed
    leaving: Sequence[Signal]
    count: Signal
    verdict: Signal
    ended: Value
    valid: Value
    size: Signal
    given: Signal
    waiting: Signal
    came: Signal
    owing: Signal
    owed: Signal
    lost: Signal


class FrameDecoderSpec(Spec):
    """A frame comes out whole and unchanged if it is valid, and otherwise not at all.

    Beside the core runs a naive decoder: it puts decoded bytes into an array of registers, and at
    the delimiter it has the verdict. From there on every byte of a packet, its end and its length
    are known, and so is each error. A packet may have to leave again, from a place in it on. The
    CRC's own arithmetic is not in question here, so the naive decoder has the same; tests compare
    it with another. A frame of which a byte was lost is not valid, whatever its checksum. A planted
    fault is a wrong byte, length or reason; a packet or an error that changes or is withdrawn while
    it stalls; or a byte that is taken while a packet leaves.
    """

    def __init__(self, *, capacity: int, frames: int = 1, again_from: int = 0):
        self.capacity = capacity
        self.frames = frames
        self.again_from = again_from

    def surround(self, m: Module) -> Decoding:
        m.submodules.dut = dut = FrameDecoder(
            capacity=self.capacity, frames=self.frames, again_from=self.again_from
        )
        i = drive(m, dut.i)
        stall(m, dut.o)
        stall(m, dut.o_error)
        o_error = observe(dut.o_error)

        lost = self._lost(m, dut, i)
        m.d.comb += dut.again.eq(anything(1))

        # The naive decoder.
        crc: Any = catalog.CRC16_GENIBUS().create()
        m.submodules.crc = crc
        stored = [Signal(8, name=f"stored_{place}") for place in range(self.capacity)]
        count = Signal(range(self.capacity + 2))  # one more than the capacity is too long
        code, place = Signal(8, init=0xFF), Signal(8, init=0xFF)  # of the run; place 1 is its first
        begun = Signal()
        delimiter = i.transfers & (i.payload == 0)
        byte = i.transfers & (i.payload != 0)
        run_over = (place == code) | ~begun
        decoded = Mux(run_over, 0, i.payload)
        decodes = byte & (~run_over | (begun & (code != 0xFF)))
        m.d.comb += [crc.data.eq(decoded), crc.valid.eq(decodes), crc.start.eq(delimiter)]
        with m.If(byte):
            m.d.sync += [begun.eq(1), place.eq(Mux(run_over, 1, place + 1))]
            with m.If(run_over):
                m.d.sync += code.eq(i.payload)
        with m.If(decodes & (count <= self.capacity)):
            m.d.sync += [count.eq(count + 1), Array([*stored, Signal(8)])[count].eq(decoded)]
        with m.If(delimiter):
            m.d.sync += [begun.eq(0), count.eq(0)]

        verdict = Signal(Status)
        cut = begun & (place != code)
        with m.If(count > self.capacity):
            m.d.comb += verdict.eq(Status.TOO_LONG)
        with m.Elif(cut):
            m.d.comb += verdict.eq(Status.BAD_COBS)
        with m.Elif(count < OVERHEAD):
            m.d.comb += verdict.eq(Status.TOO_SHORT)
        with m.Elif(~crc.match_detected | lost):
            m.d.comb += verdict.eq(Status.BAD_CRC)
        with m.Else():
            m.d.comb += verdict.eq(Status.OK)
        ended = delimiter & (begun | lost)
        valid = ended & (verdict == Status.OK)

        # What is owed: a packet, and an error.
        owing, owed = Signal(), Signal(Status)
        packets = self._packets(m, dut, stored, Mux(valid, count - 2, 0))
        with m.If(ended & ~valid & (~owing | o_error.ready)):
            m.d.sync += [owing.eq(1), owed.eq(verdict)]
        with m.Elif(o_error.ready):
            m.d.sync += owing.eq(0)

        return Decoding(
            dut=dut, i=i, count=count, verdict=verdict, ended=ended, valid=valid, owing=owing,
            owed=owed, lost=lost, **packets,
        )

    def _packets(
        self, m: Module, dut: FrameDecoder, stored: Sequence[Signal], ended: Value
    ) -> dict[str, Any]:
        """Follow the packet that leaves and the one that waits; ``ended`` bytes are one, if any."""
        i, o = observe(dut.i), observe(dut.o)
        size, given, kept = (
            Signal(range(self.capacity + 1), name=name) for name in ("size", "given", "kept")
        )
        leaving = [Signal(8, name=f"leaving_{place}") for place in range(self.capacity)]
        waiting, came = Signal(name="waiting"), Signal(name="came")
        last = given == size - 1
        free = (given == size) | (o.transfers & last & ~dut.again)
        with m.If(o.transfers):
            m.d.sync += given.eq(Mux(last & dut.again, self.again_from, given + 1))
            m.d.comb += Assume(~(last & dut.again) | (size > self.again_from), AGAIN)
        with m.If(free & (waiting | (ended != 0))):
            m.d.sync += [size.eq(Mux(waiting, kept, ended)), given.eq(0), waiting.eq(0)]
            m.d.sync += [now.eq(byte) for now, byte in zip(leaving, stored, strict=True)]
        with m.Elif(ended != 0):
            m.d.sync += [kept.eq(ended), waiting.eq(1)]
        m.d.sync += came.eq(~free & (came | i.valid))
        return {
            "size": size, "given": given, "leaving": leaving, "waiting": waiting, "came": came,
        }

    def _lost(self, m: Module, dut: FrameDecoder, i: Observed) -> Signal:
        """Lose bytes, each while another waits and after that; return whether of this frame."""
        m.d.comb += [dut.lost.eq(anything(1)), Assume(~dut.lost | (i.valid & ~i.ready), LOST)]
        lost, after = Signal(name="lost"), Signal()
        with m.If(i.transfers):
            m.d.sync += [lost.eq(Mux(i.payload == 0, 0, lost) | after), after.eq(0)]
        with m.Elif(dut.lost):
            m.d.sync += after.eq(1)
        return lost

    def check(self, m: Module, seen: Decoding, fault: str) -> None:
        size, given, owing = seen.size, seen.given, seen.owing
        ended, verdict = seen.ended, seen.verdict
        o, o_error = observe(seen.dut.o), observe(seen.dut.o_error)
        plant(m, o, fault.removeprefix("packet_"))
        plant(m, o_error, fault.removeprefix("error_"))
        held(m, o, name="packet")
        held(m, o_error, name="error")
        payload = o.payload ^ (fault == "byte")
        length = seen.dut.length ^ (fault == "shorter")
        reason = o_error.payload ^ (fault == "reason")
        ready = seen.i.ready | (fault == "ready")
        refused = seen.dut.refused.as_value() ^ (fault == "told")
        room = given == size if self.frames == 1 else ~seen.waiting
        told = Mux(seen.lost, 0b010, Mux(verdict == Status.BAD_CRC, 0b001, 0b100))
        m.d.comb += [
            Assert(o.valid == (given != size), "a packet is offered from its delimiter to its end"),
            Assert(ready == room, ROOM[self.frames]),
            Assert(
                seen.dut.waits ^ (fault == "unseen")
                == ((given != size) & (seen.came | seen.i.valid)), WAITS,
            ),
            Assert(o_error.valid == owing, "an error is offered for garbage and nothing else"),
            Assert(~owing | (reason == seen.owed), "the reason is the first that is owed"),
            Assert(refused == Mux(ended & ~seen.valid, told, 0), TOLD),
            Assert(seen.dut.right ^ (fault == "silent") == (ended & seen.valid), RIGHT),
            Cover(ended & (verdict == Status.TOO_LONG), "a frame is too long"),
            Cover(ended & (verdict == Status.BAD_COBS), "a frame is cut off"),
            Cover(ended & (verdict == Status.BAD_CRC), "a frame has a wrong checksum"),
            Cover(seen.valid & (seen.count == self.capacity), "the longest frame is valid"),
            Cover(ended & seen.lost, "a frame ends of which a byte was lost"),
        ]
        with m.If(seen.dut.o.valid):
            last = given == size - 1
            m.d.comb += [
                Assert(payload == Cat(Array(seen.leaving)[given], last), "bytes are those decoded"),
                Assert(length == size, "the length is that of the packet"),
                Cover(last & o.ready, "a packet has left"),
            ]


def specs() -> dict[str, Elaboratable]:
    offered = "a packet is offered from its delimiter to its end"
    error = "an error is offered for garbage and nothing else"
    return {
        "frame_decoder_c4": FrameDecoderSpec(capacity=4),
        "frame_decoder_c6": FrameDecoderSpec(capacity=6, again_from=3),
        "frame_decoder_f2": FrameDecoderSpec(capacity=5, frames=2, again_from=3),
        "frame_decoder_fault_f2": Through(
            FrameDecoderSpec(capacity=4, frames=2),
            {"byte": ("bytes are those decoded",), "ready": (ROOM[2],), "unseen": (WAITS,)},
        ),
        "frame_decoder_fault": Through(
            FrameDecoderSpec(capacity=4),
            {
                "byte": ("bytes are those decoded",),
                "shorter": ("the length is that of the packet",),
                "reason": ("the reason is the first that is owed",),
                "ready": (ROOM[1],),
                "unseen": (WAITS,),
                "told": (TOLD,),
                "silent": (RIGHT,),
                "packet_unsteady": (
                    "bytes are those decoded", "packet: a payload is held while it stalls",
                ),
                "packet_withdrawn": (offered, "packet: an offer is not withdrawn while it stalls"),
                "error_unsteady": (
                    "the reason is the first that is owed",
                    "error: a payload is held while it stalls",
                ),
                "error_withdrawn": (error, "error: an offer is not withdrawn while it stalls"),
            },
        ),
    }
