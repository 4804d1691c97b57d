"""Frame encoder against its reference, under random stalls."""

import random

import cocotb

from bench import Bench, Scoreboard
from spikewright_hw.link.frame_encoder import reference


def packets() -> list[bytes]:
    """Packets around the length of a run, full and free of zeros, and random ones."""
    corners = [b"\0\0", b"\1\1", bytes(260), bytes([255] * 510)]
    corners += [bytes([7] * size) for size in (251, 252, 253, 506)]
    mixed = [
        bytes(random.choice((0, 1, 255, random.getrandbits(8))) for _ in range(size))
        for size in [*range(2, 30), 300]
    ]
    return corners + mixed


def payloads(packet: bytes) -> list[dict[str, int]]:
    return [{"data": byte, "last": at == len(packet) - 1} for at, byte in enumerate(packet)]


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.5]))
async def matches_reference(dut, stall_in, stall_out):
    bench = await Bench.start(dut)
    source = bench.source("i", pause=stall_in)
    sink = bench.sink("o", pause=stall_out)
    scoreboard = Scoreboard("byte")
    bench.monitor("o", scoreboard.observe)
    sent = packets()
    random.shuffle(sent)
    length = 0
    for packet in sent:
        for byte in reference(packet):
            scoreboard.expect(byte)
            length += 1
        source.send(payloads(packet))
    await bench.until(lambda: len(sink.received) == length, cycles=100_000)
    await bench.cycles(50)
    scoreboard.check(at_least=length)


@cocotb.test()
async def a_reset_forgets_the_packet(dut):
    bench = await Bench.start(dut)
    source = bench.source("i")
    source.send(payloads(b"\x11\x22\x33")[:2])
    await bench.cycles(10)
    await bench.reset()
    sink = bench.sink("o")
    source.send(payloads(b"\x01\x02"))
    await bench.cycles(40)
    assert bytes(sink.received) == reference(b"\x01\x02")
