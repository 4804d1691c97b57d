"""Synchronizer against its reference, under random stalls."""

from functools import partial

import cocotb
import pytest

from bench import Bench, presets
from bench.correlator import (
    follows_step,
    offers_without_waiting_for_ready,
    takes_one_pair_a_cycle,
)
from spikewright_hw.stochastic.correlation.synchronizer import step


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.5]), ("clear", [0.0, 0.05]))
async def matches_reference(dut, stall_in, stall_out, clear):
    depth = Bench(dut).parameters["depth"]
    stepped = partial(step, depth=depth)
    await follows_step(dut, stepped, stall_in=stall_in, stall_out=stall_out, clear=clear)


@cocotb.test()
async def one_pair_a_cycle(dut):
    await takes_one_pair_a_cycle(dut)


@cocotb.test()
async def valid_before_ready(dut):
    await offers_without_waiting_for_ready(dut)


@pytest.mark.parametrize("preset", presets("synchronizer"))
def test_synchronizer(simulate, preset):
    simulate("synchronizer", preset)
