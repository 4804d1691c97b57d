"""Feedback against its reference, with a layer after it that takes its time."""

import random
from itertools import count

import cocotb

from bench import Bench, Scoreboard
from spikewright_hw.engine.feedback import feedback


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.5]), ("slow", [0.0, 0.8]))
async def matches_reference(dut, stall_in, stall_out, slow):
    bench = await Bench.start(dut)
    core = bench.component
    inputs, neurons, planes = core.inputs, core.neurons, core.planes
    source = bench.source("i", pause=stall_in)
    sink = bench.sink("o", pause=stall_out)
    layer = bench.source("i_spikes", pause=slow)
    scoreboard = Scoreboard("plane")
    answers: list[int] = []
    seen = count()

    def passed(plane: int) -> None:
        scoreboard.observe(plane)
        if next(seen) % planes == planes - 1:
            layer.send([answers.pop(0)])

    bench.monitor("o", passed)
    for _ in range(3):  # inferences
        drawn = (random.getrandbits(inputs) for _ in range(62 * planes - 2))
        bitmaps = [0, (1 << inputs) - 1, *drawn]
        spikes = [(1 << neurons) - 1, 0, *(random.getrandbits(neurons) for _ in range(60))]
        for joined in feedback(bitmaps, spikes, inputs=inputs, planes=planes):
            scoreboard.expect(joined)
        answers += spikes
        awaited = len(sink.received) + len(bitmaps)
        source.send(bitmaps)
        await bench.until(lambda awaited=awaited: len(sink.received) == awaited)
        await bench.until(lambda: layer.pending == 0)
        await bench.cycles(1)
        bench.write("clear", 1)
        await bench.cycles(1)
        bench.write("clear", 0)
    scoreboard.check(at_least=3 * 62 * planes)
