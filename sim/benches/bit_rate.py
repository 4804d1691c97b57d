"""Bit rate against its reference: rates that are asked for, and right frames, at any time."""

import random

import cocotb

from bench import Bench
from spikewright_hw.link.bit_rate import rates


def drawn(bench: Bench, count: int) -> list[tuple[int, bool]]:
    """Return what happens in so many cycles: seldom, so that trials end in each way."""
    patience, bits = bench.parameters["patience"], bench.parameters["bits"]
    often = 0.5 / (1 << patience)
    return [
        (
            random.randrange(4, 1 << bits) if random.random() < often else 0,
            random.random() < often,
        )
        for _ in range(count)
    ]


@cocotb.test()
async def matches_reference(dut):
    bench = await Bench.start(dut)
    divisor, patience = bench.parameters["divisor"], bench.parameters["patience"]
    events = drawn(bench, 5_000)
    # What is written holds from the next edge on, and what comes of it is seen at the one after.
    expected = [divisor, divisor, *rates(events, divisor=divisor, patience=patience)]
    found = []
    for wanted, right in events:
        bench.write("wanted", wanted or random.getrandbits(bench.parameters["bits"]))
        bench.write("change", bool(wanted))
        bench.write("right", right)
        await bench.cycles(1)
        found.append(bench.read("cycles"))
    assert len(set(found)) > 3 and found.count(divisor) > 100
    assert found == expected[1 : 1 + len(found)]


@cocotb.test()
async def a_reset_brings_the_first_rate_back(dut):
    bench = await Bench.start(dut)
    divisor = bench.parameters["divisor"]
    bench.write("wanted", 5)
    bench.write("change", 1)
    await bench.cycles(2)
    bench.write("change", 0)
    bench.write("right", 1)
    await bench.cycles(4)
    assert bench.read("cycles") == 5 and bench.read("trial") == 0
    await bench.reset()
    assert bench.read("cycles") == divisor
