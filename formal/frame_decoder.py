"""What is proved of the frame decoder."""

from typing import Any

from amaranth import Array, Cat, Elaboratable, Module, Mux, Signal
from amaranth.hdl import Assert, Assume, Cover
from amaranth.lib.crc import catalog

from faults import Planted
from properties import anything, drive, held, observe, stall
from spikewright_hw.link.frame_decoder import FrameDecoder
from spikewright_hw.protocol import OVERHEAD, Status


class FrameDecoderSpec(Elaboratable):
    """A frame comes out whole and unchanged if it is valid, and otherwise not at all.

    Beside the core runs a naive decoder: it puts decoded bytes into an array of registers, and at
    the delimiter it has the verdict. From there on every byte of a packet, its end and its length
    are known, and so is each error. The CRC's own arithmetic is not in question here, so the naive
    decoder has the same; tests compare it with another. A frame of which a byte was lost is not
    valid, whatever its checksum. The planted fault lets a frame pass whose
    last run is cut off.
    """

    def __init__(self, *, capacity: int, fault: bool = False):
        self.capacity = capacity
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = FrameDecoder(capacity=self.capacity)
        i = drive(m, dut.i)
        stall(m, dut.o)
        stall(m, dut.o_error)
        o, o_error = observe(dut.o), observe(dut.o_error)
        held(m, o, name="packet")
        held(m, o_error, name="error")

        # A byte may be lost while another waits; it comes after that.
        m.d.comb += [
            dut.lost.eq(anything(1)),
            Assume(~dut.lost | (i.valid & ~i.ready), "a byte is lost only while another waits"),
        ]
        lost, after = Signal(), Signal()  # of the frame, and after the byte that waits
        with m.If(i.transfers):
            m.d.sync += [lost.eq(Mux(i.payload == 0, 0, lost) | after), after.eq(0)]
        with m.Elif(dut.lost):
            m.d.sync += after.eq(1)

        # The naive decoder.
        crc: Any = catalog.CRC16_IBM_3740().create()
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
        with m.Elif(cut & (not self.fault)):
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
        size = Signal(range(self.capacity + 1))
        given = Signal(range(self.capacity + 1))
        owing, owed = Signal(), Signal(Status)
        with m.If(valid):
            m.d.sync += [size.eq(count - 2), given.eq(0)]
        with m.Elif(o.transfers):
            m.d.sync += given.eq(given + 1)
        with m.If(ended & ~valid & (~owing | o_error.ready)):
            m.d.sync += [owing.eq(1), owed.eq(verdict)]
        with m.Elif(o_error.ready):
            m.d.sync += owing.eq(0)

        m.d.comb += [
            Assert(o.valid == (given != size), "a packet is offered from its delimiter to its end"),
            Assert(i.ready == ~o.valid, "input is taken except while a packet leaves"),
            Assert(o_error.valid == owing, "an error is offered for garbage and nothing else"),
            Assert(~owing | (o_error.payload == owed), "the reason is the first that is owed"),
            Cover(ended & (verdict == Status.TOO_LONG), "a frame is too long"),
            Cover(ended & (verdict == Status.BAD_COBS), "a frame is cut off"),
            Cover(ended & (verdict == Status.BAD_CRC), "a frame has a wrong checksum"),
            Cover(valid & (count == self.capacity), "the longest frame is valid"),
            Cover(ended & lost, "a frame ends of which a byte was lost"),
        ]
        with m.If(o.valid):
            last = given == size - 1
            m.d.comb += [
                Assert(o.payload == Cat(Array(stored)[given], last), "bytes are those decoded"),
                Assert(dut.length == size, "the length is that of the packet"),
                Cover(last & o.ready, "a packet has left"),
            ]
        return m


def specs() -> dict[str, Elaboratable]:
    return {
        "frame_decoder_c4": FrameDecoderSpec(capacity=4),
        "frame_decoder_c6": FrameDecoderSpec(capacity=6),
        "frame_decoder_fault": Planted({
            "last_run": (
                FrameDecoderSpec(capacity=6, fault=True),
                (
                    "the reason is the first that is owed",
                ),
            ),
        }),
    }
