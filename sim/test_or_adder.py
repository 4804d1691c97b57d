"""OR adder against its reference, under random stalls."""

import cocotb
import pytest

from bench import presets
from bench.gate import (
    follows_reference,
    offers_without_waiting_for_ready,
    takes_one_payload_a_cycle,
)
from spikewright_hw.stochastic.arithmetic.or_adder import total


def reference(terms):
    return total(terms)


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.5]))
async def matches_reference(dut, stall_in, stall_out):
    await follows_reference(dut, reference, stall_in=stall_in, stall_out=stall_out)


@cocotb.test()
async def one_payload_a_cycle(dut):
    await takes_one_payload_a_cycle(dut)


@cocotb.test()
async def valid_before_ready(dut):
    await offers_without_waiting_for_ready(dut)


@pytest.mark.parametrize("preset", presets("or_adder"))
def test_or_adder(simulate, preset):
    simulate("or_adder", preset)
