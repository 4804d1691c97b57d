"""Counter against its reference, under random enables and seeds."""

import cocotb
import pytest

from bench import presets
from bench.source import follows_sequence, gives_a_number_a_cycle, holds_and_resets
from spikewright_hw.stochastic.source.counter import number


@cocotb.test()
@cocotb.parametrize(enabled=[0.5, 1.0], reseeded=[0.0, 0.1])
async def matches_reference(dut, enabled, reseeded):
    await follows_sequence(dut, number, enabled=enabled, reseeded=reseeded)


@cocotb.test()
async def a_number_a_cycle(dut):
    await gives_a_number_a_cycle(dut, number)


@cocotb.test()
async def holds_when_not_enabled_and_resets(dut):
    await holds_and_resets(dut)


@pytest.mark.parametrize("preset", presets("counter"))
def test_counter(simulate, preset):
    simulate("counter", preset)
