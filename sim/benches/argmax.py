"""Argmax against its reference: a word of values in any cycle, and pauses between them."""

import random

import cocotb

from bench import Bench, Scoreboard
from spikewright_hw.engine.argmax import argmax


def sets(width: int, count: int) -> list[list[int]]:
    """Return values at both ends of their range, ties at every place, and random ones."""
    low, high = -(1 << (width - 1)), (1 << (width - 1)) - 1
    found = [[low] * count, [high] * count, [0] * count, [-1] * count]
    found += [[high if at == place else low for at in range(count)] for place in range(count)]
    found += [[-1 if at < place else 0 for at in range(count)] for place in range(count)]
    found += [[random.randint(low, high) for _ in range(count)] for _ in range(300)]
    found += [[random.choice((-2, -1, 0)) for _ in range(count)] for _ in range(200)]
    random.shuffle(found)
    return found


@cocotb.test()
@cocotb.parametrize(pause=[0.0, 0.5])
async def matches_reference(dut, pause):
    bench = await Bench.start(dut)
    core = bench.component
    scoreboard = Scoreboard("index")
    owed: list[list[int] | None] = [None] * core.latency  # in each cycle, the oldest first
    given = sets(core.width, core.count)
    values: list[int] = []  # of a set, and those of its words that are not given yet
    left: list[int] = []
    while given or left or any(owed):
        noise = [random.getrandbits(core.width - 1) for _ in range(core.together)]
        valid = (bool(left) or bool(given)) and random.random() >= pause
        if valid and not left:
            left = values = given.pop()
        word, left = (left[: core.together], left[core.together :]) if valid else (noise, left)
        bench.write("i_values", word)
        bench.write("i_valid", valid)
        await bench.cycles(1)
        owed.append(values if valid and not left else None)
        due = owed.pop(0)
        assert bench.read("o_valid") == (due is not None)
        if due is not None:
            scoreboard.expect(argmax(due))
            scoreboard.observe(bench.read("o_index"))
    scoreboard.check(at_least=500)


@cocotb.test()
async def reset_ends_what_is_on_the_way(dut):
    bench = await Bench.start(dut)
    bench.write("i_values", [0] * bench.component.together)
    bench.write("i_valid", 1)
    await bench.cycles(bench.component.words - 1 + bench.component.latency)
    bench.write("i_valid", 0)
    await bench.reset()
    for _ in range(bench.component.latency + 1):
        await bench.cycles(1)
        assert bench.read("o_valid") == 0
