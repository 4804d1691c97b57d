"""Delay against its reference, under random stalls, and how fast it is."""

import random

import cocotb

from bench import Bench, Scoreboard
from spikewright_hw.engine.delay import Delay


def steps_of(core: Delay) -> int:
    """Return how many steps to send: of own words those that there are, else some."""
    return core.steps or 25


def draw(core: Delay) -> list[int]:
    """Draw the words of all steps: none of the bits, all of them, and any."""
    full = (1 << core.bits) - 1
    count = steps_of(core) * core.count * core.planes
    return [random.choice((0, full, random.getrandbits(core.bits))) for _ in range(count)]


async def clear(bench: Bench) -> None:
    """Clear for a cycle, or for some."""
    bench.write("clear", 1)
    await bench.cycles(random.choice((1, 3)))
    bench.write("clear", 0)


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.8]), ("stall_out", [0.0, 0.7]))
async def matches_reference(dut, stall_in, stall_out):
    bench = await Bench.start(dut)
    core = bench.component
    reference = bench.with_parameters(bench.module.delay)
    source = bench.source("i", pause=stall_in)
    scoreboard = Scoreboard("word")
    bench.monitor("o", scoreboard.observe)
    sink, due = None, 0
    for _ in range(6):  # inferences
        words = draw(core)
        expected = reference(words)
        for word in expected:
            scoreboard.expect(word)
        source.send(words)
        due += len(expected)
        sink = sink or bench.sink("o", pause=stall_out)
        await bench.until(lambda sink=sink, due=due: len(sink.received) == due)
        await bench.until(lambda: source.pending == 0)
        await bench.cycles(random.randrange(1, 4))  # in which nothing more comes
        await clear(bench)
    scoreboard.check(at_least=due)


@cocotb.test()
async def a_word_takes_a_cycle_for_each_delay(dut):
    bench = await Bench.start(dut)
    core = bench.component
    steps, words, turns = steps_of(core), core.count * core.planes, len(core.delays)
    bench.source("i").send(draw(core))
    sink = bench.sink("o")
    await bench.until(lambda: len(sink.received) == 1)
    cycles = await bench.until(lambda: len(sink.received) == steps * words)
    between = words if core.own else int(core.ahead == 1)
    assert cycles == (steps * words - 1) * turns + (steps - 1) * between


@cocotb.test()
async def a_word_leaves_two_cycles_and_one_for_each_delay_after_it_came(dut):
    bench = await Bench.start(dut)
    core = bench.component
    if core.own:
        return  # the first step leaves before any comes
    bench.write("i__valid", 1)
    await bench.cycles(1)
    for _ in range(1 + len(core.delays)):
        assert not bench.read("o__valid")
        await bench.cycles(1)
    assert not bench.read("o__valid")
    await bench.cycles(1)
    assert bench.read("o__valid")


@cocotb.test()
async def begins_with_a_first_step_after_a_reset(dut):
    bench = await Bench.start(dut)
    core = bench.component
    full = (1 << core.bits) - 1
    source, sink = bench.source("i"), bench.sink("o")
    source.send([full] * (steps_of(core) * core.count * core.planes - 1))
    await bench.until(lambda: source.pending == 0)
    await bench.reset()
    sink.received.clear()
    words = draw(core)
    source.send(words)
    expected = bench.with_parameters(bench.module.delay)(words)
    await bench.until(lambda: len(sink.received) == len(expected))
    assert sink.received == expected
