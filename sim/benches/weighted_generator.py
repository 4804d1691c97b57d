"""Weighted binary generator against its reference, under random stalls."""

import random
from functools import partial

import cocotb

from bench import Bench
from bench.generator import (
    follows_bits,
    holds_exactly_the_value,
    offers_without_waiting_for_ready,
    takes_one_number_a_cycle,
)
from spikewright_hw.stochastic.number.weighted_generator import bits


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.5]))
async def matches_reference(dut, stall_in, stall_out):
    """Values change in each cycle; a bit is made of those of the cycle after its number's."""
    width = Bench(dut).parameters["width"]
    await follows_bits(
        dut,
        partial(bits, width=width),
        corners=[0, 1, 1 << (width - 1), (1 << width) - 1],
        value=lambda: random.getrandbits(width),
        latency=2,
        stall_in=stall_in,
        stall_out=stall_out,
    )


@cocotb.test()
async def a_full_period_holds_exactly_the_value(dut):
    """From a source with each number once, a value of x makes x ones."""
    width = Bench(dut).parameters["width"]
    highest = (1 << width) - 1
    await holds_exactly_the_value(
        dut,
        lambda value: value,
        values=[0, 1, highest // 2, highest - 1, highest, random.getrandbits(width)],
    )


@cocotb.test()
async def one_number_a_cycle(dut):
    await takes_one_number_a_cycle(dut)


@cocotb.test()
async def valid_before_ready(dut):
    await offers_without_waiting_for_ready(dut)
