"""Decorrelator against its reference, under random stalls."""

import cocotb
import pytest

from bench import Bench, presets
from bench.correlator import (
    follows_step,
    offers_without_waiting_for_ready,
    takes_one_pair_a_cycle,
)
from spikewright_hw.stochastic.correlation.decorrelator import step


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.5]), ("clear", [0.0, 0.05]))
async def matches_reference(dut, stall_in, stall_out, clear):
    """The address changes in every cycle, also while a pair stalls."""
    depth = Bench(dut).parameters["depth"]
    await follows_step(
        dut, step, stall_in=stall_in, stall_out=stall_out, clear=clear, address=depth
    )


@cocotb.test()
async def one_pair_a_cycle(dut):
    await takes_one_pair_a_cycle(dut)


@cocotb.test()
async def valid_before_ready(dut):
    await offers_without_waiting_for_ready(dut)


@pytest.mark.parametrize("preset", presets("decorrelator"))
def test_decorrelator(simulate, preset):
    simulate("decorrelator", preset)
