"""Divider against its reference, under random stalls."""

import cocotb

from bench import Bench
from bench.gate import offers_without_waiting_for_ready, takes_one_payload_a_cycle
from bench.machine import follows_step
from spikewright_hw.stochastic.arithmetic.divider import start, step


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.5]))
async def matches_reference(dut, stall_in, stall_out):
    depth = Bench(dut).parameters["depth"]

    def lane_step(kept, taken, lane):
        a, b = taken["a"] >> lane & 1, taken["b"] >> lane & 1
        return step(kept, a, b, taken.get("pick", 0), depth=depth)

    first = start(depth=depth)
    await follows_step(dut, lane_step, start=first, stall_in=stall_in, stall_out=stall_out)


@cocotb.test()
async def one_payload_a_cycle(dut):
    await takes_one_payload_a_cycle(dut)


@cocotb.test()
async def valid_before_ready(dut):
    await offers_without_waiting_for_ready(dut)
