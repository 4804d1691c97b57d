"""Maximum against its reference, under random stalls."""

import cocotb
import pytest

from bench import presets
from bench.gate import (
    follows_reference,
    offers_without_waiting_for_ready,
    takes_one_payload_a_cycle,
)
from spikewright_hw.stochastic.arithmetic.maximum import maximum


def reference(pair):
    return maximum(pair["a"], pair["b"])


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


@pytest.mark.parametrize("preset", presets("maximum"))
def test_maximum(simulate, preset):
    simulate("maximum", preset)
