"""Shared source against its reference. There is no clock: the core is nothing but wires."""

import random

import cocotb
from cocotb.triggers import Timer

from bench import Bench
from spikewright_hw.stochastic.source.shared_source import share


@cocotb.test()
async def matches_reference(dut):
    bench = Bench(dut)
    width = bench.parameters["width"]
    corners = [0, (1 << width) - 1, *(1 << bit for bit in range(width))]
    for state in corners + [random.getrandbits(width) for _ in range(500)]:
        bench.write("state", state)
        await Timer(1, unit="ns")
        assert bench.read("states") == share(state, **bench.parameters)
