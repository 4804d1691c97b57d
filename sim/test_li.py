"""LI neuron against its definition, under random stalls."""

import cocotb
import pytest

from bench import presets
from bench.neuron import follows_definition


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.5]))
async def follows(dut, stall_in, stall_out):
    await follows_definition(dut, stall_in=stall_in, stall_out=stall_out)


@pytest.mark.parametrize("preset", presets("li"))
def test_li(simulate, preset):
    simulate("li", preset)
