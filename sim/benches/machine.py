"""Every state machine against the ``step`` of its module, under random stalls."""

import cocotb

from bench import Bench
from bench.gate import offers_without_waiting_for_ready, takes_one_payload_a_cycle
from bench.machine import follows_step


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.5]))
async def matches_reference(dut, stall_in, stall_out):
    bench = Bench(dut)
    step = bench.with_parameters(bench.module.step)

    def lane_step(state, bits, lane):
        return step(state, bits >> lane & 1)

    start = bench.module.START
    await follows_step(dut, lane_step, start=start, stall_in=stall_in, stall_out=stall_out)


@cocotb.test()
async def one_payload_a_cycle(dut):
    await takes_one_payload_a_cycle(dut)


@cocotb.test()
async def valid_before_ready(dut):
    await offers_without_waiting_for_ready(dut)
