"""What is proved of the frame encoder."""

from dataclasses import dataclass
from typing import Any

from amaranth import Const, Elaboratable, Module, Mux, Signal
from amaranth.hdl import Assert, Cover
from amaranth.lib.crc import catalog

from faults import Spec, Through, plant
from properties import Observed, drive, held, observe, stall
from spikewright_hw.link.frame_encoder import FrameEncoder

RUN = 254


@dataclass(frozen=True)
class Encoding:
    """The core's streams, and the naive encoder: what it owes."""

    i: Observed
    o: Observed
    filling: Signal
    packet: Signal
    zero: Signal
    coded: Signal
    over: Signal
    delimiter: Signal
    count: Signal
    out: Signal
    kept: dict[int, Signal]


class FrameEncoderSpec(Spec):
    """Every byte out is the one that COBS says, and the frame ends when all is said.

    Beside the core runs a naive encoder, which counts the bytes of each run and keeps those at a
    few ``places``. So code bytes, ends of runs, the delimiter, and
    the bytes at these places are proved; the memory treats all places alike. A planted fault is a
    wrong code byte, byte of a run or delimiter, a core that is ready while a run leaves, or one
    that offers a byte more than the run has.
    """

    def __init__(self, *, places: tuple[int, ...] = (0, 1)):
        self.places = places

    def surround(self, m: Module) -> Encoding:
        m.submodules.dut = dut = FrameEncoder()
        i = drive(m, dut.i)
        stall(m, dut.o)
        o = observe(dut.o)

        crc: Any = catalog.CRC16_GENIBUS().create()
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
            with m.If(byte != 0):
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

        return Encoding(
            i=i, o=o, filling=filling, packet=packet, zero=zero, coded=coded, over=over,
            delimiter=delimiter, count=count, out=out, kept=kept,
        )

    def check(self, m: Module, seen: Encoding, fault: str) -> None:
        o, packet, coded, delimiter = seen.o, seen.packet, seen.coded, seen.delimiter
        byte = coded & ~delimiter
        wrong = {
            "code": ~coded & ~delimiter,
            "content": byte & (seen.out == 0),
            "ending": delimiter,
        }
        payload = o.payload ^ wrong.get(fault, Const(0, 1))
        valid = o.valid | ((fault == "more") & seen.over)
        ready = seen.i.ready | ((fault == "ready") & coded)
        m.d.comb += [
            Assert(ready == (seen.filling & packet), "a packet is taken while its run fills"),
            Assert(valid == ~(seen.filling | seen.over), "a run is offered once it is filled"),
            Cover(seen.zero & coded & packet, "a run ends with a zero of the packet"),
            Cover(delimiter & o.transfers, "a frame has left"),
        ]
        with m.If(delimiter):
            m.d.comb += Assert(payload == 0, "a zero ends the frame")
        with m.Elif(o.valid & ~coded):
            m.d.comb += Assert(payload == seen.count + 1, "a code byte counts its run and itself")
        for place, register in seen.kept.items():
            with m.If(o.valid & byte & (seen.out == place)):
                m.d.comb += Assert(
                    (payload == register) & (register != 0),
                    "a byte of a run is the one that came in, and not zero",
                )


class FrameEncoderHeldSpec(Spec):
    """A byte out is held while it stalls, wherever in the memory it comes from.

    A planted fault is a byte that changes or is withdrawn while it stalls.
    """

    def surround(self, m: Module) -> FrameEncoder:
        m.submodules.dut = dut = FrameEncoder()
        drive(m, dut.i)
        stall(m, dut.o)
        return dut

    def check(self, m: Module, seen: FrameEncoder, fault: str) -> None:
        o = observe(seen.o)
        plant(m, o, fault)
        held(m, o, name="frame")


def specs() -> dict[str, Elaboratable]:
    return {
        "frame_encoder_w8": FrameEncoderSpec(),
        "frame_encoder_form": FrameEncoderSpec(places=()),
        "frame_encoder_held": FrameEncoderHeldSpec(),
        "frame_encoder_fault": Through(
            FrameEncoderSpec(places=(0,)),
            {
                "content": ("a byte of a run is the one that came in, and not zero",),
                "ending": ("a zero ends the frame",),
                "more": ("a run is offered once it is filled",),
                "code": ("a code byte counts its run and itself",),
                "ready": ("a packet is taken while its run fills",),
            },
        ),
        "frame_encoder_fault_held": Through(
            FrameEncoderHeldSpec(),
            {
                "unsteady": ("frame: a payload is held while it stalls",),
                "withdrawn": ("frame: an offer is not withdrawn while it stalls",),
            },
        ),
    }
