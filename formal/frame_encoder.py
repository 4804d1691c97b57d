"""What is proved of the frame encoder."""

from typing import Any

from amaranth import Elaboratable, Module, Mux, Signal
from amaranth.hdl import Assert, Cover
from amaranth.lib.crc import catalog

from faults import Planted
from properties import drive, held, observe, stall
from spikewright_hw.link.frame_encoder import FrameEncoder

RUN = 254


class FrameEncoderSpec(Elaboratable):
    """Every byte out is the one that COBS says, and the frame ends when all is said.

    Beside the core runs a naive encoder, which counts the bytes of each run and keeps those at a
    few ``places``. So code bytes, ends of runs, the delimiter, and
    the bytes at these places are proved; the memory treats all places alike. The planted fault
    counts a zero as a byte of its run.
    """

    def __init__(self, *, places: tuple[int, ...] = (0, 1), fault: bool = False):
        self.places = places
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = FrameEncoder()
        i = drive(m, dut.i)
        stall(m, dut.o)
        o = observe(dut.o)

        crc: Any = catalog.CRC16_IBM_3740().create()
        m.submodules.crc = crc
        kept = {place: Signal(8, name=f"kept_{place}") for place in self.places}
        count = Signal(range(RUN + 1))  # bytes of the run
        out = Signal(range(RUN + 1))  # bytes of it that are out
        tail = Signal(range(3))  # bytes of the CRC to come
        packet = Signal(init=1)  # bytes of the packet to come
        zero = Signal()  # the run ends with a zero

        # A run fills, first from the packet, then from the CRC.
        filling = Signal(init=1)
        feed, byte = Signal(), Signal(8)
        m.d.comb += [
            crc.valid.eq(i.transfers),
            crc.data.eq(i.payload[:8]),
            feed.eq(filling & (~packet | i.valid)),
            byte.eq(Mux(packet, i.payload[:8], Mux(tail == 2, crc.crc[8:], crc.crc[:8]))),
        ]
        with m.If(feed):
            m.d.sync += zero.eq(byte == 0)
            with m.If(packet & i.payload[8]):
                m.d.sync += [packet.eq(0), tail.eq(2)]
            with m.If(~packet):
                m.d.sync += tail.eq(tail - 1)
            with m.If((byte != 0) | self.fault):
                m.d.sync += count.eq(count + 1)
                for place, register in kept.items():
                    with m.If(count == place):
                        m.d.sync += register.eq(byte)
            with m.If((byte == 0) | (count == RUN - 1) | (~packet & (tail == 1))):
                m.d.sync += filling.eq(0)

        # It leaves: its code, its bytes; then the next one, or the delimiter.
        coded, over, delimiter = Signal(), Signal(), Signal()
        with m.If(~filling & ~delimiter):
            with m.If(over):
                m.d.sync += [coded.eq(0), over.eq(0), out.eq(0), count.eq(0), zero.eq(0)]
                m.d.sync += filling.eq(packet | (tail != 0))
                m.d.sync += delimiter.eq(~packet & (tail == 0) & ~zero)
            with m.Elif(o.transfers):
                m.d.sync += coded.eq(1)
                with m.If(coded):
                    m.d.sync += [out.eq(out + 1), over.eq(out == count - 1)]
                with m.Else():
                    m.d.sync += over.eq(count == 0)
        with m.If(delimiter & o.transfers):
            m.d.comb += crc.start.eq(1)
            m.d.sync += [delimiter.eq(0), packet.eq(1), filling.eq(1)]

        m.d.comb += [
            Assert(i.ready == (filling & packet), "a packet is taken while its run fills"),
            Assert(o.valid == ~(filling | over), "a run is offered once it is filled"),
            Cover(zero & coded & packet, "a run ends with a zero of the packet"),
            Cover(delimiter & o.transfers, "a frame has left"),
        ]
        with m.If(delimiter):
            m.d.comb += Assert(o.payload == 0, "a zero ends the frame")
        with m.Elif(o.valid & ~coded):
            m.d.comb += Assert(o.payload == count + 1, "a code byte counts its run and itself")
        for place, register in kept.items():
            with m.If(o.valid & coded & ~delimiter & (out == place)):
                m.d.comb += Assert(
                    (o.payload == register) & (register != 0),
                    f"byte {place} of a run is the one that came in, and not zero",
                )
        return m


class FrameEncoderHeldSpec(Elaboratable):
    """A byte out is held while it stalls, wherever in the memory it comes from."""

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = FrameEncoder()
        drive(m, dut.i)
        stall(m, dut.o)
        held(m, observe(dut.o), name="frame")
        return m


def specs() -> dict[str, Elaboratable]:
    return {
        "frame_encoder_w8": FrameEncoderSpec(),
        "frame_encoder_form": FrameEncoderSpec(places=()),
        "frame_encoder_held": FrameEncoderHeldSpec(),
        "frame_encoder_fault": Planted({
            "run": (
                FrameEncoderSpec(places=(0,), fault=True),
                (
                    "a code byte counts its run and itself",
                ),
            ),
        }),
    }
