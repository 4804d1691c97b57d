"""Accumulative parallel counter against its reference, under random stalls."""

import random

import cocotb

from bench import Bench, Scoreboard
from spikewright_hw.stochastic.arithmetic.accumulative_parallel_counter import totals


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.5]))
async def matches_reference(dut, stall_in, stall_out):
    """Runs of all ones and of no ones are among random ones."""
    bench = await Bench.start(dut)
    inputs, length = bench.parameters["inputs"], bench.parameters["length"]
    source = bench.source("i", pause=stall_in)
    sink = bench.sink("o", pause=stall_out)
    scoreboard = Scoreboard("total")
    bench.monitor("o", scoreboard.observe)

    ones = (1 << inputs) - 1
    words = [0] * length + [ones] * length * 2 + [0] * length
    words += [random.getrandbits(inputs) for _ in range(4 * length)]
    expected = totals(words, length=length)
    for total in expected:
        scoreboard.expect(total)
    source.send([*words, ones])  # and one of a run that does not end
    await bench.until(lambda: source.pending == 0)
    await bench.until(lambda: len(sink.received) == len(expected))
    scoreboard.check(at_least=8)


@cocotb.test()
async def one_word_a_cycle(dut):
    bench = await Bench.start(dut)
    length = bench.parameters["length"]
    source, sink = bench.source("i"), bench.sink("o")
    source.send([1] * 4 * length)
    cycles = await bench.until(lambda: len(sink.received) == 4)
    assert cycles <= 4 * length + 4, f"{4 * length} words took {cycles} cycles"


@cocotb.test()
async def valid_before_ready(dut):
    bench = await Bench.start(dut)
    length = bench.parameters["length"]
    bench.source("i").send([1] * length)
    await bench.until(lambda: bool(dut.o__valid.value), cycles=length + 4)


@cocotb.test()
async def reset_begins_a_run(dut):
    bench = await Bench.start(dut)
    length = bench.parameters["length"]
    source, sink = bench.source("i"), bench.sink("o")
    source.send([1] * (length - 1))
    await bench.until(lambda: source.pending == 0)
    await bench.reset()
    source.send([1] * length)
    await bench.until(lambda: len(sink.received) == 1)
    assert sink.received == [length]
