"""Receiving UART against its reference: bytes, glitches and breaks on the line."""

import random

import cocotb

from bench import Bench, Scoreboard
from spikewright_hw.link.uart_rx import received
from spikewright_hw.link.uart_tx import line_bits


def frame(byte: int, *, divisor: int) -> list[int]:
    """Return the levels of a byte on the line."""
    return [bit for bit in line_bits(byte) for _ in range(divisor)]


def noise(divisor: int) -> list[int]:
    """Return levels that change at any time, a break now and then."""
    lengths = (1, divisor // 2, divisor, 15 * divisor)
    return [
        level
        for _ in range(random.randrange(6))
        for level in [random.randrange(2)] * random.choice(lengths)
    ]


async def settled(dut) -> Bench:
    """Return a bench whose line has rested high for longer than a byte."""
    bench = await Bench.start(dut)
    bench.write("rx", 1)
    if bench.parameters.get("bits"):
        bench.write("cycles", bench.parameters["divisor"])
    await bench.cycles(15 * bench.parameters["divisor"])
    return bench


async def play(bench, levels):
    for level in levels:
        bench.write("rx", level)
        await bench.cycles(1)
    bench.write("rx", 1)
    await bench.cycles(15 * bench.parameters["divisor"])


@cocotb.test()
@cocotb.parametrize(noisy=[False, True], stall=[0.0, 0.5])
async def matches_reference(dut, noisy, stall):
    bench = await settled(dut)
    divisor = bench.parameters["divisor"]
    levels: list[int] = []
    for byte in [0x00, 0xFF, 0x55, 0xAA, 0x01, 0x80, *random.randbytes(20)]:
        levels += frame(byte, divisor=divisor)
        levels += noise(divisor) if noisy else [1] * random.choice((0, 0, 1, divisor))
    expected = received([*levels, *[1] * (15 * divisor)], divisor=divisor)
    assert len(expected) >= (5 if noisy else 26)

    bench.sink("o", pause=stall)
    scoreboard = Scoreboard("byte")
    bench.monitor("o", scoreboard.observe)
    for byte in expected:
        scoreboard.expect(byte)
    await play(bench, levels)
    scoreboard.check(at_least=len(expected))


@cocotb.test()
async def tells_of_bytes_that_nobody_took(dut):
    bench = await settled(dut)
    divisor = bench.parameters["divisor"]
    overruns = 0

    async def count():
        nonlocal overruns
        while True:
            await bench.cycles(1)
            overruns += bench.read("overrun")

    bench.dut.o__ready.value = 0
    cocotb.start_soon(count())
    await play(bench, [level for byte in b"\x11\x22\x33" for level in frame(byte, divisor=divisor)])
    assert overruns == 2
    assert bench.read("o__payload") == 0x11 and bench.dut.o__valid.value == 1


@cocotb.test()
async def tells_of_each_byte_that_is_lost(dut):
    """Each byte that arrives is either offered or told to be lost, whenever the sink is ready."""
    bench = await settled(dut)
    divisor = bench.parameters["divisor"]
    arrived: list[int | None] = []  # none where an overrun is told

    async def watch():
        offered = False
        while True:
            await bench.cycles(1)
            valid = bool(bench.dut.o__valid.value)
            if valid and not offered:
                arrived.append(bench.read("o__payload"))
            if bench.read("overrun"):
                assert valid and not bench.dut.o__ready.value
                arrived.append(None)
            offered = valid and not bench.dut.o__ready.value

    def slow():
        """Take bytes about as often as they come, now sooner and now later."""
        while True:
            yield from [True] * random.randrange(22 * divisor)
            yield False

    cocotb.start_soon(watch())
    sink = bench.sink("o", pause=slow())
    sent = random.randbytes(60)
    await play(bench, [level for byte in sent for level in frame(byte, divisor=divisor)])
    await bench.cycles(25 * divisor)
    assert len(arrived) == len(sent)
    assert all(came in (byte, None) for came, byte in zip(arrived, sent, strict=True))
    assert sink.received == [came for came in arrived if came is not None]
    assert 5 <= arrived.count(None) <= 55


@cocotb.test()
async def each_byte_has_the_divisor_at_its_beginning(dut):
    """Where the divisor can be changed, it is, in the middle of bytes, too."""
    bench = await settled(dut)
    bits = bench.parameters.get("bits", 0)
    sink = bench.sink("o")
    sent = random.randbytes(30)
    for byte in sent:
        divisor = random.randrange(4, 60) if bits else bench.parameters["divisor"]
        bench.write("rx", 1)
        if bits:
            bench.write("cycles", divisor)
        await bench.cycles(8)
        for at, level in enumerate(frame(byte, divisor=divisor)):
            bench.write("rx", level)
            await bench.cycles(1)
            if bits and at > 4:
                bench.write("cycles", random.randrange(4, 1 << bits))
    await bench.cycles(20)
    assert bytes(sink.received) == sent
