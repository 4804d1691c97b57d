"""XNOR multiplier against its reference, under random stalls."""

import random

import cocotb
import pytest

from bench import Bench, Scoreboard, presets
from spikewright_hw.stochastic.xnor_multiplier import product


def corners(lanes: int) -> list[dict[str, int]]:
    """All and no bits of each factor, and a single one at either end."""
    values = sorted({0, 1, 1 << (lanes - 1), (1 << lanes) - 1})
    return [{"a": a, "b": b} for a in values for b in values]


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.5]))
async def matches_reference(dut, stall_in, stall_out):
    bench = await Bench.start(dut)
    lanes = bench.parameters["lanes"]
    source = bench.source("i", pause=stall_in)
    sink = bench.sink("o", pause=stall_out)
    scoreboard = Scoreboard("product")
    expected = scoreboard.expect_each(lambda pair: product(pair["a"], pair["b"], lanes=lanes))
    bench.monitor("i", expected)
    bench.monitor("o", scoreboard.observe)

    pairs = corners(lanes) + [
        {"a": random.getrandbits(lanes), "b": random.getrandbits(lanes)} for _ in range(200)
    ]
    source.send(pairs)
    await bench.until(lambda: len(sink.received) == len(pairs))
    scoreboard.check(at_least=len(pairs))


@cocotb.test()
async def takes_one_pair_a_cycle(dut):
    bench = await Bench.start(dut)
    source = bench.source("i")
    sink = bench.sink("o")
    source.send([{"a": 1, "b": 1}] * 100)
    cycles = await bench.until(lambda: len(sink.received) == 100)
    assert cycles <= 104, f"100 pairs took {cycles} cycles"


@cocotb.test()
async def offers_without_waiting_for_ready(dut):
    bench = await Bench.start(dut)
    bench.source("i").send([{"a": 1, "b": 1}])
    await bench.until(lambda: bool(dut.o__valid.value), cycles=5)


@pytest.mark.parametrize("preset", presets("xnor_multiplier"))
def test_xnor_multiplier(simulate, preset):
    simulate("xnor_multiplier", preset)
