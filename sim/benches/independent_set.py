"""Independent set against its definition: several graphs one after the other, and a reset."""

import random
from itertools import combinations
from typing import Any

import cocotb

from bench import Bench, Scoreboard
from spikewright_hw.qubo.independent_set import IndependentSet, pass_cycles, seen_at
from spikewright_hw.qubo.search import QuboSearch, search


def draw(core: IndependentSet) -> list[list[int]]:
    """Draw the neighbours of each vertex of a graph: of any size, with few edges or with many."""
    count, share = random.randint(2, core.vertices), random.choice((0.05, 0.2, 0.6))
    found: list[list[int]] = [[] for _ in range(count)]
    for one, other in combinations(range(count), 2):
        if random.random() < share:
            found[one].append(other)
            found[other].append(one)
    return found


async def load(bench: Bench, graph: list[list[int]]) -> None:
    """Write the rows of a graph, and those of a larger one that may have been there."""
    core: IndependentSet = bench.component
    bench.write("row_write", 1)
    for vertex in range(core.vertices):
        others = graph[vertex] if vertex < len(graph) else []
        for word in range(core.words):
            bench.write("row_vertex", vertex)
            bench.write("row_word", word)
            bench.write("row_data", sum(
                1 << other % core.lanes for other in others if other // core.lanes == word
            ))
            await bench.cycles(1)
    bench.write("row_write", 0)


def problem(graph: list[list[int]], settings: QuboSearch, *, timeout: int, target: int) -> Any:
    return {
        "vertices": len(graph), "seed": settings.seed, "rest": settings.rest,
        "spread": (1 << settings.spread) - 1, "noise": settings.noise, "target": target,
        "timeout": timeout,
    }


async def best(bench: Bench, count: int) -> set[int]:
    """Read the set that was found."""
    core, read = bench.component, set()
    for word in range(core.words):
        bench.write("best_address", word)
        await bench.cycles(2)
        bits = bench.read("best_data")
        read.update(word * core.lanes + lane for lane in range(core.lanes) if bits >> lane & 1)
    return {vertex for vertex in read if vertex < count}


@cocotb.test()
async def matches_the_definition(dut):
    bench = await Bench.start(dut)
    core: IndependentSet = bench.component
    source, sink = bench.source("i"), bench.sink("o", pause=0.5)
    for run in range(1, 7):
        graph = draw(core)
        settings = QuboSearch(
            seed=random.getrandbits(32), rest=random.randint(1, 8), spread=random.randint(0, 3),
            noise=random.choice((0, 1000, 30000)),
        )
        await load(bench, graph)
        timeout = random.choice((0, 300, 2000))
        sets, scoreboard = 0, Scoreboard("set")
        wanted = search(graph, settings, lanes=core.lanes, longest=1000)
        source.send([problem(graph, settings, timeout=timeout, target=core.vertices)])
        last = frozenset[int]()
        while len(sink.received) < run:
            if bench.read("o_found_valid"):
                found = next(wanted)
                last, sets = found.vertices, sets + 1
                scoreboard.expect((
                    len(last), found.scan,
                    seen_at(found.scan, vertices=len(graph), lanes=core.lanes),
                ))
                seen = bench.read("o_found")
                scoreboard.observe((seen["size"], seen["scan"], seen["cycles"]))
            await bench.cycles(1)
        scoreboard.check(at_least=sets)
        assert (sets > 0) == (timeout > 0)
        assert sink.received[-1]["size"] == len(last)
        assert await best(bench, len(graph)) == last


@cocotb.test()
async def ends_with_the_pass_after_the_target(dut):
    bench = await Bench.start(dut)
    core: IndependentSet = bench.component
    star = [list(range(1, core.vertices)), *([0] for _ in range(1, core.vertices))]
    await load(bench, star)
    sink = bench.sink("o")
    bench.source("i").send([
        problem(star, QuboSearch(seed=9), timeout=1 << 40, target=core.vertices - 1)
    ])
    await bench.until(lambda: len(sink.received) == 1, cycles=100_000)
    result = sink.received[0]
    assert result["size"] == core.vertices - 1
    assert result["cycles"] == result["reached"] + pass_cycles(core.vertices, core.lanes) + 1


@cocotb.test()
async def a_reset_ends_a_run(dut):
    bench = await Bench.start(dut)
    core: IndependentSet = bench.component
    graph = draw(core)
    await load(bench, graph)
    source, sink = bench.source("i"), bench.sink("o")
    source.send([problem(graph, QuboSearch(), timeout=5000, target=core.vertices)])
    await bench.cycles(random.randint(20, 200))
    await bench.reset()
    await bench.cycles(1)
    assert bench.read("i__ready")
    sink.received.clear()
    source.send([problem(graph, QuboSearch(), timeout=0, target=core.vertices)])
    await bench.until(lambda: len(sink.received) == 1)
    assert sink.received[0]["size"] == 0
