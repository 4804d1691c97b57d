"""Repack against its reference, under random stalls."""

import random

import cocotb

from bench import Bench, Scoreboard


def draw(bits: int) -> int:
    """Draw a word: none of its bits, all of them, or any."""
    return random.choice((0, (1 << bits) - 1, random.getrandbits(bits)))


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.5]))
async def matches_reference(dut, stall_in, stall_out):
    bench = await Bench.start(dut)
    core = bench.component
    words = [draw(core.bits) for _ in range(60 * core.count)]
    bench.source("i", pause=stall_in).send(words)
    sink = bench.sink("o", pause=stall_out)
    scoreboard = Scoreboard("word")
    for word in bench.with_parameters(bench.module.repack)(words):
        scoreboard.expect(word)
    bench.monitor("o", scoreboard.observe)
    await bench.until(lambda: len(sink.received) == 60 * core.out_count)
    scoreboard.check(at_least=60 * core.out_count)


@cocotb.test()
async def a_step_takes_a_cycle_for_each_word_and_one_for_what_is_over(dut):
    bench = await Bench.start(dut)
    core = bench.component
    bench.source("i").send(draw(core.bits) for _ in range(20 * core.count))
    sink = bench.sink("o")
    await bench.until(lambda: len(sink.received) >= 1)
    cycles = await bench.until(lambda: len(sink.received) == 20 * core.out_count)
    assert cycles <= 20 * (max(core.count, core.out_count) + 1)


@cocotb.test()
async def begins_a_step_after_a_reset(dut):
    bench = await Bench.start(dut)
    core = bench.component
    source, sink = bench.source("i"), bench.sink("o")
    source.send([(1 << core.bits) - 1] * (core.count - 1))
    await bench.until(lambda: source.pending == 0)
    await bench.reset()
    sink.received.clear()
    words = [draw(core.bits) for _ in range(core.count)]
    source.send(words)
    await bench.until(lambda: len(sink.received) == core.out_count)
    assert sink.received == bench.with_parameters(bench.module.repack)(words)
