"""Every sequence against the ``number`` of its module, under random enables and seeds."""

import cocotb

from bench import Bench
from bench.source import follows_sequence, gives_a_number_a_cycle, holds_and_resets


@cocotb.test()
@cocotb.parametrize(enabled=[0.5, 1.0], reseeded=[0.0, 0.1])
async def matches_reference(dut, enabled, reseeded):
    await follows_sequence(dut, Bench(dut).module.number, enabled=enabled, reseeded=reseeded)


@cocotb.test()
async def a_number_a_cycle(dut):
    await gives_a_number_a_cycle(dut, Bench(dut).module.number)


@cocotb.test()
async def holds_when_not_enabled_and_resets(dut):
    await holds_and_resets(dut)
