"""Transmitting UART against its reference: the level of the line in every clock cycle."""

import random

import cocotb
from cocotb.triggers import RisingEdge

from bench import Bench
from spikewright_hw.link.uart_tx import line_bits


async def started(dut) -> Bench:
    """Return a bench whose divisor is that of the preset."""
    bench = await Bench.start(dut)
    if bench.parameters.get("bits"):
        bench.write("cycles", bench.parameters["divisor"])
    return bench


async def watch(bench, seen):
    while True:
        await RisingEdge(bench.dut.clk)
        seen.append(bench.read("tx"))


def corners() -> list[int]:
    return [0x00, 0xFF, 0x55, 0xAA, 0x01, 0x80]


@cocotb.test()
@cocotb.parametrize(stall=[0.0, 0.99])
async def matches_reference(dut, stall):
    bench = await started(dut)
    divisor = bench.parameters["divisor"]
    data = corners() + [random.getrandbits(8) for _ in range(20)]
    seen: list[int] = []
    taken: list[int] = []
    bench.monitor("i", lambda byte: taken.append(len(seen)))
    cocotb.start_soon(watch(bench, seen))
    source = bench.source("i", pause=stall)
    source.send(data)
    await bench.until(lambda: len(taken) == len(data), cycles=200_000)
    await bench.cycles(12 * divisor)

    expected: list[int] = []
    for byte, start in zip(data, taken, strict=True):
        # The monitor may see an edge before or after the watcher, so a start is known to a cycle.
        begin = next(cycle for cycle in range(start, start + 3) if seen[cycle] == 0)
        assert begin >= len(expected), "a byte began before the one before it ended"
        expected += [1] * (begin - len(expected))
        expected += [bit for bit in line_bits(byte) for _ in range(divisor)]
    expected += [1] * (len(seen) - len(expected))
    assert seen == expected


@cocotb.test()
async def leaves_no_gap(dut):
    bench = await started(dut)
    divisor = bench.parameters["divisor"]
    source = bench.source("i")
    source.send([0x00] * 11)
    await bench.until(lambda: source.pending == 10)
    cycles = await bench.until(lambda: source.pending == 0, cycles=200_000)
    assert cycles == 10 * 10 * divisor


@cocotb.test()
async def each_byte_has_the_divisor_of_its_transfer(dut):
    """Where the divisor can be changed, it is, in the middle of bytes, too."""
    bench = await started(dut)
    bits = bench.parameters.get("bits", 0)
    seen: list[int] = []
    source = bench.source("i")
    cocotb.start_soon(watch(bench, seen))
    for byte in [*corners(), *random.randbytes(20)]:
        divisor = random.randrange(4, 60) if bits else bench.parameters["divisor"]
        if bits:
            bench.write("cycles", divisor)
        await bench.cycles(2)
        seen.clear()
        source.send([byte])
        await bench.until(lambda: not source.pending)
        await bench.cycles(2)
        if bits:
            bench.write("cycles", random.randrange(4, 1 << bits))
        await bench.cycles(11 * divisor)
        begin = seen.index(0)
        expected = [bit for bit in line_bits(byte) for _ in range(divisor)]
        assert seen[begin : begin + len(expected)] == expected
