"""Integrate-and-fire on bitstreams against its definition, under random stalls."""

import random

import cocotb

from bench import Bench, Scoreboard
from spikewright_hw.definition import integers
from spikewright_hw.stochastic.neuron.integrate_and_fire import step


def drawn(width: int, lanes: int) -> list[list[int]]:
    """Draw counts in blocks between two bounds, so that membranes are driven to both ends."""
    least, most = -(1 << (width - 1)), (1 << (width - 1)) - 1
    rows = []
    for low, high in ((least, most), (most, most), (0, most), (least, least), (least, 0), (0, 2)):
        rows += [[random.randint(low, high) for _ in range(lanes)] for _ in range(80)]
    return rows


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.5]))
async def matches_reference(dut, stall_in, stall_out):
    bench = await Bench.start(dut)
    core = bench.component
    source = bench.source("i", pause=stall_in)
    sink = bench.sink("o", pause=stall_out)
    scoreboard = Scoreboard("spikes")
    states = [integers.start(core.fixed, neuron=lane) for lane in range(core.lanes)]

    def expect(counts):
        nonlocal states
        states, spikes = step(core.fixed, states, counts)
        scoreboard.expect(spikes)

    bench.monitor("i", expect)
    bench.monitor("o", scoreboard.observe)
    rows = drawn(core.count_width, core.lanes)
    source.send(rows)
    await bench.until(lambda: len(sink.received) == len(rows))
    scoreboard.check(at_least=len(rows))
    assert 0 < sum(map(int.bit_count, sink.received)) < core.lanes * len(rows)


@cocotb.test()
async def one_step_a_cycle(dut):
    bench = await Bench.start(dut)
    sink = bench.sink("o")
    bench.source("i").send([[1] * bench.component.lanes] * 100)
    cycles = await bench.until(lambda: len(sink.received) == 100)
    assert cycles <= 104, f"100 steps took {cycles} cycles"


@cocotb.test()
async def valid_before_ready(dut):
    bench = await Bench.start(dut)
    bench.source("i").send([[1] * bench.component.lanes])
    await bench.until(lambda: bool(dut.o__valid.value), cycles=5)
