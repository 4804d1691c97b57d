"""Every gate against the ``reference`` of its module, under random stalls."""

import cocotb

from bench import Bench
from bench.gate import (
    follows_reference,
    offers_without_waiting_for_ready,
    owed,
    takes_one_payload_a_cycle,
)


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.5]))
async def matches_reference(dut, stall_in, stall_out):
    await follows_reference(dut, owed(Bench(dut)), stall_in=stall_in, stall_out=stall_out)


@cocotb.test()
async def one_payload_a_cycle(dut):
    await takes_one_payload_a_cycle(dut)


@cocotb.test()
async def valid_before_ready(dut):
    await offers_without_waiting_for_ready(dut)
