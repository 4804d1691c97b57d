"""Multiplexer adder against its reference, under random stalls."""

import cocotb
import pytest

from bench import presets
from bench.gate import (
    follows_reference,
    offers_without_waiting_for_ready,
    takes_one_payload_a_cycle,
)
from spikewright_hw.stochastic.arithmetic.mux_adder import scaled_sum


def reference(payload):
    return scaled_sum(payload["terms"], payload["select"])


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


@pytest.mark.parametrize("preset", presets("mux_adder"))
def test_mux_adder(simulate, preset):
    simulate("mux_adder", preset)
