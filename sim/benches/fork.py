"""Fork against its reference: what each taker gets, each at its own pace."""

import random

import cocotb

from bench import Bench, Scoreboard


def draw(bits: int, count: int) -> list[int]:
    """Draw words: none of the bits, all of them, and any."""
    return [0, (1 << bits) - 1, *(random.getrandbits(bits) for _ in range(count - 2))]


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.5]), ("slowest", [0.0, 0.9]))
async def matches_reference(dut, stall_in, stall_out, slowest):
    bench = await Bench.start(dut)
    core = bench.component
    words = draw(core.bits, 200)
    given = bench.with_parameters(bench.module.fork)(words)
    bench.source("i", pause=stall_in).send(words)
    scoreboards, sinks = [], []
    for at, expected in enumerate(given):
        slow = at == core.takers - 1
        sinks.append(bench.sink(f"o_{at}", pause=slowest if slow else stall_out))
        scoreboards.append(Scoreboard(f"taker {at}"))
        bench.monitor(f"o_{at}", scoreboards[-1].observe)
        for word in expected:
            scoreboards[-1].expect(word)
    await bench.until(lambda: all(len(sink.received) == len(words) for sink in sinks))
    await bench.cycles(3)  # in which nothing more comes
    for scoreboard in scoreboards:
        scoreboard.check(at_least=len(words))


@cocotb.test()
async def a_word_passes_in_the_cycle_in_which_it_comes(dut):
    bench = await Bench.start(dut)
    core = bench.component
    bench.source("i").send(draw(core.bits, 50))
    sinks = [bench.sink(f"o_{at}") for at in range(core.takers)]
    await bench.until(lambda: len(sinks[-1].received) == 1)
    cycles = await bench.until(lambda: len(sinks[-1].received) == 50)
    assert cycles == 49
    assert all(len(sink.received) == 50 for sink in sinks)


@cocotb.test()
async def offers_a_word_to_all_after_a_reset(dut):
    bench = await Bench.start(dut)
    bench.write("i__valid", 1)
    bench.write("o_0__ready", 1)
    await bench.cycles(3)
    alone = bench.component.takers == 1
    assert (bench.read("o_0__valid"), bench.read("i__ready")) == (alone, alone)
    await bench.reset()
    await bench.cycles(1)
    assert bench.read("o_0__valid") == 1
