import pytest

from spikewright_hw.link.frame_encoder import FrameEncoder, reference
from spikewright_hw.protocol import Frame, crc16, encode_frame

from .simulation import Simulator


def stream_of(packet: bytes) -> list[dict[str, int]]:
    return [{"data": byte, "last": at == len(packet) - 1} for at, byte in enumerate(packet)]


def ending_in_crc(tail: int) -> bytes:
    """Return a packet whose CRC ends in the byte ``tail``."""
    for number in range(1 << 16):
        packet = number.to_bytes(2, "big")
        if reference(packet)[-2] == tail:
            return packet
    raise AssertionError(f"no packet of two bytes has a CRC that ends in {tail}")


@pytest.mark.parametrize("stall", [0.0, 0.5])
def test_packets_become_frames(exchange, rng, stall):
    packets = [
        b"\x00\x00", b"\x01\x80", ending_in_crc(1), ending_in_crc(255),
        *(bytes([0, 5, *[0xAA] * size]) for size in (249, 250, 251)),
        bytes([7] * 506),
        *(bytes(rng.choice((0, 1, 255)) for _ in range(rng.randrange(2, 30))) for _ in range(10)),
    ]  # fmt: skip
    expected = b"".join(reference(packet) for packet in packets)
    sent = [byte for packet in packets for byte in stream_of(packet)]
    came = exchange(FrameEncoder(), send={"i": sent}, take={"o": len(expected)}, stall=stall)
    assert bytes(came["o"]) == expected


@pytest.mark.parametrize("packet", [bytes([1] * 10), bytes(10), bytes([1] * 300)])
def test_takes_as_many_cycles_as_documented(packet):
    dut = FrameEncoder()
    frame = reference(packet)
    cycles = 0

    async def source(ctx):
        for byte in stream_of(packet):
            ctx.set(dut.i.payload, byte)
            ctx.set(dut.i.valid, 1)
            await ctx.tick().until(dut.i.ready)
        ctx.set(dut.i.valid, 0)

    async def sink(ctx):
        nonlocal cycles
        ctx.set(dut.o.ready, 1)
        came = bytearray()
        while len(came) < len(frame):
            _, _, valid, payload = await ctx.tick().sample(dut.o.valid, dut.o.payload)
            cycles += 1
            came += bytes([payload] * valid)
        assert came == frame

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(source)
    simulator.add_testbench(sink)
    simulator.run()
    # Every byte of the frame that is no byte of packet or CRC, nor the delimiter, begins a run.
    stuffed = packet + crc16(packet).to_bytes(2, "big")
    runs = len(frame) - 1 - sum(byte != 0 for byte in stuffed)
    assert cycles <= 2 * len(packet) + 2 * runs + 5


def test_reference_is_the_protocol():
    assert reference(b"\x01\x80\x2a") == encode_frame(Frame(1, 0x80, b"\x2a"))
