"""Stochastic number generator against its reference, under random stalls."""

import random

import cocotb

from bench import Bench
from bench.generator import (
    follows_bits,
    holds_exactly_the_value,
    offers_without_waiting_for_ready,
    takes_one_number_a_cycle,
)
from spikewright_hw.stochastic.number.sng import bits, threshold


def value_of(encoding, number):
    """Return a value as it stands at the port."""
    if encoding == "sign_magnitude":
        return {"sign": int(number < 0), "magnitude": abs(number)}
    return number


def number_of(encoding, value):
    """Return the number that stands at the port as a value."""
    if encoding == "sign_magnitude":
        return -value["magnitude"] if value["sign"] else value["magnitude"]
    return value


def ends(encoding, width):
    """Return the lowest and the highest number."""
    if encoding == "bipolar":
        return -1 << (width - 1), 1 << (width - 1)
    return (-1 << width if encoding == "sign_magnitude" else 0), 1 << width


def parameters(dut):
    bench = Bench(dut)
    width = bench.parameters["width"]
    return width, bench.component.encoding, ends(bench.component.encoding, width)


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.5]))
async def matches_reference(dut, stall_in, stall_out):
    """Values change while numbers are taken, and some lie one beyond the ends."""
    width, encoding, (lowest, highest) = parameters(dut)

    def due(number, values):
        numbers = [number_of(encoding, value) for value in values]
        made = bits(number, [threshold(x, width=width, encoding=encoding) for x in numbers])
        if encoding != "sign_magnitude":
            return made
        return {
            "sign": sum(value["sign"] << lane for lane, value in enumerate(values)),
            "magnitude": made,
        }

    beyond = [highest + 1] if encoding == "unipolar" else [lowest - 1, highest + 1]
    corners = [0, 1, lowest, lowest + 1, highest - 1, highest, *beyond]
    await follows_bits(
        dut,
        due,
        corners=[value_of(encoding, number) for number in corners],
        value=lambda: value_of(encoding, random.randint(lowest, highest)),
        stall_in=stall_in,
        stall_out=stall_out,
    )


@cocotb.test()
async def a_full_period_holds_exactly_the_value(dut):
    """From a source with each number once, a threshold of x makes x ones: both ends among them."""
    width, encoding, (lowest, highest) = parameters(dut)
    numbers = [lowest, lowest + 1, 0, highest - 1, highest, random.randint(lowest, highest)]
    await holds_exactly_the_value(
        dut,
        lambda value: threshold(number_of(encoding, value), width=width, encoding=encoding),
        values=[value_of(encoding, number) for number in numbers],
        bits=lambda payload: payload["magnitude"] if encoding == "sign_magnitude" else payload,
    )


@cocotb.test()
async def one_number_a_cycle(dut):
    await takes_one_number_a_cycle(dut)


@cocotb.test()
async def valid_before_ready(dut):
    await offers_without_waiting_for_ready(dut)
