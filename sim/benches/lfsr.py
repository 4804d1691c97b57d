"""LFSR against its reference, under random enables and seeds."""

import random

import cocotb

from bench import Bench
from spikewright_hw.stochastic.source.lfsr import load, step


@cocotb.test()
@cocotb.parametrize(enabled=[0.5, 1.0], reseeded=[0.0, 0.1])
async def matches_reference(dut, enabled, reseeded):
    bench = await Bench.start(dut)
    width = bench.parameters["width"]
    state = bench.component.init
    steps = 0
    for _ in range(1000):
        enable = random.random() < enabled
        reseed = random.random() < reseeded
        seed = random.choice([0, 1, (1 << width) - 1, random.getrandbits(width)])
        bench.write("enable", enable)
        bench.write("reseed", reseed)
        bench.write("seed", seed)
        await bench.cycles(1)
        assert bench.read("state") == state, f"after {steps} steps"
        if reseed:
            state = load(seed)
        elif enable:
            state = step(state, width=width)
            steps += 1
    assert steps > 300


@cocotb.test()
async def holds_when_not_enabled(dut):
    bench = await Bench.start(dut)
    for _ in range(20):
        await bench.cycles(1)
        assert bench.read("state") == bench.component.init


@cocotb.test()
async def reset_restores_the_initial_state(dut):
    bench = await Bench.start(dut)
    bench.write("enable", 1)
    await bench.cycles(5)
    assert bench.read("state") != bench.component.init
    await bench.reset()
    bench.write("enable", 0)
    await bench.cycles(1)
    assert bench.read("state") == bench.component.init
