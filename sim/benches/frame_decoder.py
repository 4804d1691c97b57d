"""Frame decoder against its reference: valid frames, altered ones and noise."""

import random
from collections import Counter

import cocotb

from bench import Bench, Scoreboard
from spikewright_hw.link.frame_decoder import reference
from spikewright_hw.protocol import Frame, Status, encode_frame

GOOD = encode_frame(Frame(7, 1))


def mixed(size: int) -> bytes:
    return bytes(random.choice((0, 0, 1, 2, 255, random.getrandbits(8))) for _ in range(size))


def altered(wire: bytes) -> bytes:
    """Flip a bit of a frame, drop a byte of it, or cut it short."""
    place = random.randrange(len(wire) - 1)
    flipped = wire[:place] + bytes([wire[place] ^ 1 << random.randrange(8)]) + wire[place + 1 :]
    return random.choice((flipped, wire[:place] + wire[place + 1 :], wire[:place] + b"\0"))


def traffic(capacity: int) -> bytes:
    """Return a byte stream with every kind of frame and garbage; it ends with valid ones."""
    sizes = [0, 1, capacity - 5, capacity - 4, capacity - 3, capacity + 20]
    data = bytearray(b"\0\0" + b"\1" * (2 * capacity) + b"\0" + b"\2\1\0" + b"\x03\1\0")
    for _ in range(30):
        size = random.choice([*sizes, random.randrange(capacity)])
        fill = random.choice((mixed(size), bytes(size), bytes([9] * size)))
        wire = encode_frame(Frame(random.getrandbits(8), random.getrandbits(8), fill))
        data += random.choice((wire, wire, altered(wire), mixed(random.randrange(20))))
        data += b"\0" + GOOD if random.random() < 0.2 else b""
    return bytes(data + b"\0" + 5 * GOOD)


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.5]))
async def matches_reference(dut, stall_in, stall_out):
    bench = await Bench.start(dut)
    capacity = bench.parameters["capacity"]
    source = bench.source("i", pause=stall_in)
    bench.sink("o", pause=stall_out)
    bench.sink("o_error")  # at once, so that no two errors become one
    good, bad = Scoreboard("packet"), Scoreboard("error")
    bench.monitor("o_error", bad.observe)
    packet = bytearray()

    def collect(byte):
        packet.append(byte["data"])
        if byte["last"]:
            assert bench.read("length") == len(packet)
            good.observe(Frame(packet[0], packet[1], bytes(packet[2:])))
            packet.clear()

    bench.monitor("o", collect)
    data = traffic(capacity)
    deframer = reference(capacity=capacity)
    for event in map(deframer.push, data):
        if event is not None:
            (good if isinstance(event, Frame) else bad).expect(event)
    source.send(data)
    await bench.until(lambda: source.pending == 0, cycles=500_000)
    await bench.cycles(2 * capacity + 200)
    good.check(at_least=5)
    bad.check(at_least=3)


async def count_refusals(bench: Bench, told: Counter[str]) -> None:
    """Count the frames that are told to be refused, by why."""
    while True:
        await bench.cycles(1)
        told.update(name for name, bit in bench.read("refused").items() if bit)


async def lose_bytes(bench: Bench, lost: list[int]) -> None:
    """Lose bytes while a packet leaves; note how many, in a cell, for the monitor of ``i``."""
    dut = bench.dut
    while True:
        await bench.cycles(1)
        lost[0] += bench.read("lost")
        leaving = dut.o__valid.value and dut.o__ready.value and bench.read("o__payload")["last"]
        waits = dut.i__valid.value and not dut.i__ready.value and not leaving
        bench.write("lost", bool(waits) and random.random() < 0.05)


@cocotb.test()
@cocotb.parametrize(stall_in=[0.0, 0.5])
async def frames_that_lost_a_byte_are_refused(dut, stall_in):
    bench = await Bench.start(dut)
    capacity = bench.parameters["capacity"]
    source = bench.source("i", pause=stall_in)
    sink = bench.sink("o", pause=0.7)
    bench.sink("o_error")  # at once, so that no two errors become one
    lost, refused = [0], 0
    deframer = reference(capacity=capacity)
    good, bad = Scoreboard("packet"), Scoreboard("error")

    def take(byte):
        nonlocal refused
        event = deframer.push(byte)
        if lost[0]:  # after this byte, which waited meanwhile
            deframer.lose()
            lost[0] = 0
            refused += 1
        if isinstance(event, Frame):
            for at, value in enumerate(data := bytes([event.sequence, event.code]) + event.payload):
                good.expect({"data": value, "last": at == len(data) - 1})
        elif event is not None:
            bad.expect(event)

    cocotb.start_soon(lose_bytes(bench, lost))
    bench.monitor("i", take)
    bench.monitor("o", good.observe)
    bench.monitor("o_error", bad.observe)
    cocotb.start_soon(count_refusals(bench, told := Counter()))
    frames = [
        encode_frame(Frame(number % 256, 1, mixed(random.randrange(min(capacity - 4, 24)))))
        for number in range(60)
    ]
    source.send(b"".join(frames) + b"\0\0")
    await bench.until(lambda: source.pending == 0, cycles=500_000)
    await bench.cycles(2 * capacity + 200)
    good.check(at_least=20)
    bad.check(at_least=5)
    assert refused >= 5 and len(sink.received) == good.compared
    assert told.total() == bad.compared and told["overflow"] >= 5


@cocotb.test()
async def errors_that_nobody_takes_hold_nothing_up(dut):
    bench = await Bench.start(dut)
    source = bench.source("i")
    sink = bench.sink("o")
    source.send(b"\2\1\0" + b"\x09\1\0" + GOOD)
    await bench.until(lambda: len(sink.received) == 2, cycles=40)
    assert bench.dut.o_error__valid.value == 1
    assert bench.read("o_error__payload") == Status.TOO_SHORT
