"""Input scan against its reference, under random stalls."""

import random

import cocotb

from bench import Bench, Scoreboard
from spikewright_hw.engine.input_scan import input_events
from spikewright_hw.engine.words import words_of


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.8]), ("stall_out", [0.0, 0.5]))
async def matches_reference(dut, stall_in, stall_out):
    bench = await Bench.start(dut)
    core = bench.component
    width, full = core.width, (1 << core.width) - 1
    source = bench.source("i", pause=stall_in)
    sink = bench.sink("o", pause=stall_out)
    scoreboard = Scoreboard("event")
    bench.monitor("o", scoreboard.observe)
    densities = (0, 0.05, 0.3, 1)
    for number in range(40):  # inferences
        bitmaps = [
            full if number == 0 else
            sum((random.random() < random.choice(densities)) << bit for bit in range(width))
            for _ in range(core.count)
        ]
        awaited = len(sink.received)
        for event in input_events(bitmaps, width=width, banks=core.banks):
            scoreboard.expect(event)
            awaited += 1
        source.send(words_of(bitmaps, core.words))
        await bench.until(lambda: source.pending == 0)
        await bench.cycles(1)
        bench.write("go", 1)
        cycles = await bench.until(lambda awaited=awaited: len(sink.received) == awaited)
        await bench.cycles(3)  # in which nothing may come
        bench.write("go", 0)
        await bench.cycles(1)
        assert stall_out or cycles <= sum(max(1, one.bit_count()) for one in bitmaps) + 4
    scoreboard.check(at_least=40 * core.count)
