"""Outputs against their definition: whole inferences, with pauses and noise between the steps."""

import random

import cocotb

from bench import Bench
from spikewright_hw.engine.outputs import Outputs
from spikewright_hw.readout import SPIKING, output_after


def drawn(core: Outputs) -> list[int]:
    """Return what the neurons give after a step, the ends of the range and ties included."""
    if core.readout in SPIKING:
        density = random.choice((0.0, 0.1, 0.5, 1.0))
        return [int(random.random() < density) for _ in range(core.count)]
    low, high = -(1 << core.width - 1), (1 << core.width - 1) - 1
    return [random.choice((low, -1, 0, high, random.randint(low, high))) for _ in range(core.count)]


async def cycle(bench: Bench, *, valid: bool) -> list[int]:
    """Give values in one cycle, or noise; return them. What is read then is before the edge."""
    values = drawn(bench.component)
    bench.write("i_valid", valid)
    bench.write("i_values", values)
    await bench.cycles(1)
    return values


async def inference(bench: Bench, *, pause: float) -> list[int]:
    """Give the steps of an inference; check the outputs in the cycle after it, and return them."""
    core = bench.component
    outputs = [0] * core.count
    for step in range(core.steps):
        while random.random() < pause:
            await cycle(bench, valid=False)
            assert bench.read("o_valid") == 0
        given = await cycle(bench, valid=True)
        assert bench.read("o_valid") == 0
        outputs = [
            output_after(core.readout, output, one, step=step, steps=core.steps)
            for output, one in zip(outputs, given, strict=True)
        ]
    await cycle(bench, valid=False)
    assert bench.read("o_valid") == 1
    assert bench.read("o_outputs") == outputs
    return outputs


@cocotb.test()
@cocotb.parametrize(pause=[0.0, 0.5])
async def matches_definition(dut, pause):
    bench = await Bench.start(dut)
    found = set()
    for _ in range(60):
        outputs = await inference(bench, pause=pause)
        found |= {*outputs}
        for _ in range(random.randrange(3)):
            await cycle(bench, valid=False)
            assert bench.read("o_valid") == 0
            assert bench.read("o_outputs") == outputs
    assert len(found) > 1


@cocotb.test()
async def begins_with_the_first_step_after_a_reset(dut):
    bench = await Bench.start(dut)
    for _ in range(bench.component.steps - 1):
        await cycle(bench, valid=True)
    bench.write("i_valid", 0)
    await bench.reset()
    await inference(bench, pause=0.0)
