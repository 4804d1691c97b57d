"""Stochastic ReLU against its reference, under random stalls."""

import cocotb
import pytest

from bench import Bench, presets
from bench.machine import (
    follows_step,
    offers_without_waiting_for_ready,
    takes_one_payload_a_cycle,
)
from spikewright_hw.stochastic.arithmetic.relu import START, step


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.5]))
async def matches_reference(dut, stall_in, stall_out):
    states = Bench(dut).parameters["states"]

    def lane_step(state, bits, lane):
        return step(state, bits >> lane & 1, states=states)

    await follows_step(dut, lane_step, start=START, stall_in=stall_in, stall_out=stall_out)


@cocotb.test()
async def one_payload_a_cycle(dut):
    await takes_one_payload_a_cycle(dut)


@cocotb.test()
async def valid_before_ready(dut):
    await offers_without_waiting_for_ready(dut)


@pytest.mark.parametrize("preset", presets("relu"))
def test_relu(simulate, preset):
    simulate("relu", preset)
