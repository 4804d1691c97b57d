"""Every neuron against its definition: under random stalls, and for long without."""

import cocotb

from bench.neuron import follows_definition, follows_definition_for_long


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.5]))
async def follows(dut, stall_in, stall_out):
    await follows_definition(dut, stall_in=stall_in, stall_out=stall_out)


@cocotb.test()
async def follows_for_long(dut):
    await follows_definition_for_long(dut)
