# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

import pytest

from spikewright_hw.link.frame_decoder import FrameDecoder, reference
from spikewright_hw.protocol import Command, Frame, Status, encode_frame

from .simulation import Simulator

GOOD = encode_frame(Frame(7, Command.HELLO))


def events_of(data: bytes, *, capacity: int) -> list[Frame | Status]:
    deframer = reference(capacity=capacity)
    return [event for event in map(deframer.push, data) if event is not None]


def frames(stream: list[dict[str, int]]) -> list[Frame]:
    """Cut a packet stream into frames."""
    found, packet = [], bytearray()
    for byte in stream:
        packet.append(byte["data"])
        if byte["last"]:
            found.append(Frame(packet[0], packet[1], bytes(packet[2:])))
            packet.clear()
    assert not packet
    return found


def check(exchange, data: bytes, *, capacity: int, stall: float) -> list[Frame | Status]:
    """Hold the core to the reference and return what both say; errors are taken at once."""
    expected = events_of(data, capacity=capacity)
    good = [event for event in expected if isinstance(event, Frame)]
    bad = [event for event in expected if isinstance(event, Status)]
    came = exchange(
        FrameDecoder(capacity=capacity),
        send={"i": data},
        take={"o": sum(2 + len(frame.payload) for frame in good), "o_error": len(bad)},
        stall=stall,
        eager=["o_error"],
    )
    assert frames(came["o"]) == good
    assert came["o_error"] == bad
    return expected


@pytest.mark.parametrize("stall", [0.0, 0.3])
@pytest.mark.parametrize("size", [0, 1, 8])
def test_frames_become_packets(exchange, rng, stall, size):
    data = b"".join(
        encode_frame(Frame(rng.randrange(256), 2, bytes(rng.choice((0, 255)) for _ in range(size))))
        for _ in range(10)
    )
    assert len(check(exchange, data, capacity=12, stall=stall)) == 10


def test_long_runs_and_the_limits_of_the_capacity(exchange):
    data = b"".join(
        encode_frame(Frame(1, 2, bytes([fill] * size)))
        for size in (250, 251, 296, 297)
        for fill in (0, 9)
    )
    expected = check(exchange, data, capacity=300, stall=0.0)
    assert expected.count(Status.TOO_LONG) == 2


@pytest.mark.parametrize(
    ("garbage", "reasons"),
    [
        (b"\x09\x01\x02\x00", [Status.BAD_COBS]),
        (b"\x02\x01\x00", [Status.TOO_SHORT]),
        (b"\x05\x01\x01\x3e\x1e\x00", [Status.BAD_CRC]),
        (b"\xff" + bytes([1] * 60) + b"\x00", [Status.TOO_LONG]),
        (b"\x01" * 60 + b"\x00", [Status.TOO_LONG]),
        (b"\x00\x00\x00", []),
    ],
    ids=["cut", "short", "crc", "long-run", "long-zeros", "empty"],
)
def test_garbage_has_a_reason_and_the_next_frame_is_decoded(exchange, garbage, reasons):
    expected = check(exchange, garbage + GOOD, capacity=12, stall=0.0)
    assert expected == [*reasons, Frame(7, Command.HELLO)]


@pytest.mark.parametrize("capacity", [12, 40])
def test_random_garbage_is_survived(exchange, rng, capacity):
    data = bytearray()
    for _ in range(60):
        frame = bytearray(encode_frame(Frame(rng.randrange(256), 2, rng.randbytes(6))))
        if rng.random() < 0.5:
            frame[rng.randrange(len(frame) - 1)] ^= 1 << rng.randrange(8)
        noise = bytes(rng.choice((0, 1, 2, 3, 255, rng.randrange(256))) for _ in range(12))
        data += rng.choice((frame, frame, noise, noise + b"\0"))
    data += b"\0" + GOOD
    expected = check(exchange, bytes(data), capacity=capacity, stall=0.2)
    assert expected[-1] == Frame(7, Command.HELLO)
    assert {Status.BAD_COBS, Status.TOO_SHORT, Status.BAD_CRC} <= set(expected)


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        (GOOD, Status.BAD_CRC),  # what is left has a right checksum
        (b"\0" + GOOD, Status.BAD_CRC),  # what was lost came after the delimiter
        (b"\0\0", Status.TOO_SHORT),  # all of a frame was lost
    ],
    ids=["frame", "after-delimiter", "nothing-left"],
)
@pytest.mark.parametrize("lost", [False, True])
def test_a_frame_that_lost_a_byte_is_refused_whatever_its_checksum(rest, reason, lost):
    """While a packet leaves, a byte is lost after the first of ``rest``, which waits."""
    dut = FrameDecoder(capacity=12)
    packets, refused = [], []

    async def send(ctx, data):
        for byte in data:
            ctx.set(dut.i.payload, byte)
            ctx.set(dut.i.valid, 1)
            await ctx.tick().until(dut.i.ready)
        ctx.set(dut.i.valid, 0)

    async def host(ctx):
        await send(ctx, GOOD)
        ctx.set(dut.i.payload, rest[0])
        ctx.set(dut.i.valid, 1)
        await ctx.tick()
        ctx.set(dut.lost, lost)
        await ctx.tick()
        ctx.set(dut.lost, 0)
        ctx.set(dut.o.ready, 1)
        await send(ctx, rest + GOOD)
        await ctx.tick().repeat(4)

    async def listen(ctx):
        ctx.set(dut.o_error.ready, 1)
        while True:
            _, _, leaves, byte, error, status = await ctx.tick().sample(
                dut.o.valid & dut.o.ready, dut.o.payload, dut.o_error.valid, dut.o_error.payload
            )
            if leaves:
                packets.append({"data": byte.data, "last": byte.last})
            if error:
                refused.append(status)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(host)
    simulator.add_testbench(listen, background=True)
    simulator.run()
    assert refused == [reason] * lost
    whole = 2 + (GOOD in rest and not lost)
    assert frames(packets) == [Frame(7, Command.HELLO)] * whole

    deframer = reference(capacity=12)
    found = [*map(deframer.push, GOOD + rest[:1])]
    if lost:
        deframer.lose()
    found += map(deframer.push, rest[1:] + GOOD)
    assert [event for event in found if isinstance(event, Status)] == refused
    assert len([event for event in found if isinstance(event, Frame)]) == whole


def test_errors_that_nobody_takes_hold_nothing_up():
    dut = FrameDecoder(capacity=12)
    cycles = 0

    async def source(ctx):
        for byte in b"\x02\x01\x00" + b"\x09\x01\x02\x00" + GOOD:
            ctx.set(dut.i.payload, byte)
            ctx.set(dut.i.valid, 1)
            await ctx.tick().until(dut.i.ready)
        ctx.set(dut.i.valid, 0)
        # The first byte is there in the cycle after the delimiter; both errors became the first.
        assert ctx.get(dut.o.valid) == 1
        assert ctx.get(dut.o.payload.data) == 7
        assert ctx.get(dut.length) == 2
        assert ctx.get(dut.o_error.valid) == 1
        assert ctx.get(dut.o_error.payload) == Status.TOO_SHORT
        ctx.set(dut.o_error.ready, 1)
        await ctx.tick()
        assert ctx.get(dut.o_error.valid) == 0

    async def count(ctx):
        nonlocal cycles
        while True:
            await ctx.tick()
            cycles += 1

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(source)
    simulator.add_testbench(count, background=True)
    simulator.run()
    assert cycles <= 3 + 4 + len(GOOD) + 2


@pytest.mark.parametrize("again_from", [0, 4])
def test_a_packet_leaves_again_from_a_place_on(again_from):
    """As often as ``again`` is high at its last byte; then the next frame is decoded."""
    dut = FrameDecoder(capacity=12, again_from=again_from)
    packet = bytes([7, 1, 2, 3, 4, 5])
    came = []

    async def source(ctx):
        for byte in 2 * encode_frame(Frame(7, 1, packet[2:])):
            ctx.set(dut.i.payload, byte)
            ctx.set(dut.i.valid, 1)
            await ctx.tick().until(dut.i.ready)
        ctx.set(dut.i.valid, 0)

    async def sink(ctx):
        ctx.set(dut.o.ready, 1)
        ctx.set(dut.again, 1)
        while sum(last for _, last in came) < 4:
            _, _, valid, byte = await ctx.tick().sample(dut.o.valid, dut.o.payload)
            if valid:
                came.append((byte.data, byte.last))
                ctx.set(dut.again, sum(last for _, last in came) < 2)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(source)
    simulator.add_testbench(sink)
    simulator.run()
    assert bytes(byte for byte, _ in came) == packet + 2 * packet[again_from:] + packet
    assert [at for at, (_, last) in enumerate(came, start=1) if last] == [
        6, 12 - again_from, 18 - 2 * again_from, 24 - 2 * again_from
    ]


@pytest.mark.parametrize("again_from", [-1, 12])
def test_refuses_a_place_outside_a_frame(again_from):
    message = rf"^again_from is a place in a frame of 12 bytes, 0 to 11, not {again_from}$"
    with pytest.raises(ValueError, match=message):
        FrameDecoder(capacity=12, again_from=again_from)


@pytest.mark.parametrize("capacity", [3, 65_536])
def test_refuses_a_capacity_outside_the_protocol(capacity):
    message = rf"^capacity of a frame decoder lies in 4 to 65535 bytes, not {capacity}$"
    with pytest.raises(ValueError, match=message):
        FrameDecoder(capacity=capacity)


def test_a_second_frame_is_stored_while_a_packet_leaves_and_a_third_waits():
    """Whatever is lost of the third is told; of a decoder of one frame, the second waits."""
    wire = b"".join(encode_frame(Frame(number, 1, bytes([number] * 3))) for number in (1, 2, 3))
    taken = {}
    for stored in (1, 2):
        dut = FrameDecoder(capacity=12, frames=stored)
        packets, waits = [], []

        async def bench(ctx, dut=dut, stored=stored, packets=packets, waits=waits):
            sent = 0
            for cycle in range(200):
                ctx.set(dut.i.valid, sent < len(wire))
                ctx.set(dut.i.payload, wire[min(sent, len(wire) - 1)])
                ctx.set(dut.o.ready, cycle >= 100)
                ready, valid, byte, waiting = (
                    ctx.get(dut.i.ready), ctx.get(dut.o.valid), ctx.get(dut.o.payload.data),
                    ctx.get(dut.waits),
                )
                if valid and cycle >= 100:
                    packets.append(byte)
                if valid:
                    waits.append(waiting)
                sent += ready and sent < len(wire)
                if cycle == 99:
                    taken[stored] = sent
                await ctx.tick()

        simulator = Simulator(dut)
        simulator.add_clock(1e-6)
        simulator.add_testbench(bench)
        simulator.run()
        assert packets == [byte for number in (1, 2, 3) for byte in (number, 1, *[number] * 3)]
        assert waits[-1] == 0 and 1 in waits
    assert taken == {1: len(wire) // 3, 2: 2 * len(wire) // 3}


@pytest.mark.parametrize("stored", [0, 3])
def test_refuses_to_store_other_numbers_of_frames(stored):
    with pytest.raises(ValueError, match=rf"^frames is {stored}; a decoder stores 1 or 2$"):
        FrameDecoder(capacity=12, frames=stored)
