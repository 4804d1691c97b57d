"""Neuron array against its reference, under random stalls."""

import random
from typing import Any

import cocotb

from bench import Bench, Scoreboard
from spikewright_hw.engine.neuron_array import ArrayReference

STEPS = 3000


def stimulus(core) -> list[dict[str, Any]]:
    """Saturating runs, random inputs of all sizes, and now and then a neuron that starts anew."""
    form, names = core.fixed.format, core.fixed.definition.inputs
    driven = [form.max] * (6 * core.neurons) + [form.min] * (6 * core.neurons)
    payloads = [{"start": 0} | dict.fromkeys(names, value) for value in driven]
    for number in range(STEPS):
        size = form.max if number % 2 else form.one
        inputs = {name: random.randint(-size, size) for name in names}
        payloads.append({"start": int(random.random() < 0.02)} | inputs)
    return payloads


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.5]))
async def follows_reference(dut, stall_in, stall_out):
    bench = await Bench.start(dut)
    core = bench.component
    source = bench.source("i", pause=stall_in)
    sink = bench.sink("o", pause=stall_out)
    scoreboard = Scoreboard("step")
    reference = ArrayReference(core.fixed, neurons=core.neurons)
    bench.monitor("i", scoreboard.expect_each(reference.step))
    bench.monitor("o", scoreboard.observe)
    payloads = stimulus(core)
    source.send(payloads)
    await bench.until(lambda: len(sink.received) == len(payloads), cycles=20 * len(payloads))
    scoreboard.check(at_least=len(payloads))
    assert any(step["spike"] for step in sink.received), "the stimulus never made it spike"
