"""Stochastic number generator against its reference, under random stalls."""

import random

import cocotb
import pytest

from bench import Bench, Scoreboard, presets
from spikewright_hw.stochastic.number.sng import bits


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.5]))
async def matches_reference(dut, stall_in, stall_out):
    """Values change while numbers are taken; a bit is made of those of its own cycle."""
    bench = await Bench.start(dut)
    width, lanes = bench.parameters["width"], bench.parameters["lanes"]
    source = bench.source("i", pause=stall_in)
    sink = bench.sink("o", pause=stall_out)
    scoreboard = Scoreboard("bits")
    bench.monitor("i", lambda number: scoreboard.expect(bits(number, bench.read("values"))))
    bench.monitor("o", scoreboard.observe)

    numbers = [0, (1 << width) - 1] * 20 + [random.getrandbits(width) for _ in range(300)]
    source.send(numbers)
    corners = [0, 1, (1 << width) - 1, 1 << width, (1 << width) + 1]
    while len(sink.received) < len(numbers):
        await bench.cycles(1)
        values = [*corners, random.randint(0, 1 << width)]
        bench.write("values", [random.choice(values) for _ in range(lanes)])
    scoreboard.check(at_least=len(numbers))


@cocotb.test()
async def a_full_period_holds_exactly_the_value(dut):
    """From a source with each number once, a value of x makes x ones: 0 and 1.0 among them."""
    bench = await Bench.start(dut)
    width, lanes = bench.parameters["width"], bench.parameters["lanes"]
    period = 1 << width
    source = bench.source("i")
    sink = bench.sink("o")
    for value in {0, 1, period // 2, period - 1, period, random.randint(0, period)}:
        bench.write("values", [value] * lanes)
        sink.received.clear()
        source.send(random.sample(range(period), period))
        await bench.until(lambda: len(sink.received) == period)
        for lane in range(lanes):
            assert sum(word >> lane & 1 for word in sink.received) == value


@cocotb.test()
async def takes_one_number_a_cycle(dut):
    bench = await Bench.start(dut)
    source = bench.source("i")
    sink = bench.sink("o")
    source.send([1] * 100)
    cycles = await bench.until(lambda: len(sink.received) == 100)
    assert cycles <= 104, f"100 numbers took {cycles} cycles"


@cocotb.test()
async def offers_without_waiting_for_ready(dut):
    bench = await Bench.start(dut)
    bench.source("i").send([1])
    await bench.until(lambda: bool(dut.o__valid.value), cycles=5)


@pytest.mark.parametrize("preset", presets("sng"))
def test_sng(simulate, preset):
    simulate("sng", preset)
