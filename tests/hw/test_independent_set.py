# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)
"""Independent set: its definition, the core in Amaranth's simulator, and what it refuses."""

import re
from itertools import combinations

import pytest

from spikewright_hw.qubo.independent_set import IndependentSet, pass_cycles, seen_at
from spikewright_hw.qubo.search import Found, QuboSearch, Urge, search, urge

from .simulation import Simulator


def neighbours(count: int, edges) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(count)]
    for one, other in edges:
        found[one].append(other)
        found[other].append(one)
    return found


def drawn(rng, count: int, share: float) -> list[list[int]]:
    return neighbours(count, [
        edge for edge in combinations(range(count), 2) if rng.random() < share
    ])


def largest(graph: list[list[int]]) -> int:
    """Return the size of a largest independent set, by trying all."""
    masks = [sum(1 << other for other in each) for each in graph]

    def best(left: int) -> int:
        if not left:
            return 0
        vertex = left.bit_length() - 1
        left &= ~(1 << vertex)
        taken = 1 + best(left & ~masks[vertex])
        return max(taken, best(left)) if masks[vertex] & left else taken

    return best((1 << len(graph)) - 1)


def test_an_urge_is_told_by_set_field_and_rest():
    def told(field: int, rest: int = 0, *, active=False, conflict=False, noisy=False) -> Urge:
        return urge(active=active, conflict=conflict, field=field, rest=rest, noisy=noisy)

    assert [told(field) for field in range(5)] == [
        Urge.FREE, Urge.ONE, Urge.TWO, Urge.MORE, Urge.MORE
    ]
    assert [told(field, noisy=True) for field in range(4)] == [
        Urge.FREE, Urge.TWO, Urge.ONE, Urge.MORE
    ]
    assert told(0, rest=1) == Urge.NONE
    assert told(2, active=True) == Urge.NONE
    assert told(2, active=True, conflict=True) == Urge.CONFLICT


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 1.0])
def test_a_largest_set_is_found_of_small_graphs(share, rng):
    for _ in range(5):
        graph = drawn(rng, rng.randint(2, 18), share)
        *_, last = search(
            graph, QuboSearch(seed=rng.getrandbits(32), noise=3000), lanes=4, longest=3000
        )
        assert len(last.vertices) == largest(graph)


def test_each_set_is_independent_and_larger_by_one(rng):
    graph = drawn(rng, 40, 0.15)
    found = list(search(graph, QuboSearch(seed=rng.getrandbits(32)), lanes=8, longest=500))
    assert [len(one.vertices) for one in found] == list(range(1, len(found) + 1))
    assert all(not set(graph[vertex]) & one.vertices for one in found for vertex in one.vertices)


def run(dut: IndependentSet, graph, settings: QuboSearch, *, target: int, timeout: int):
    """Run the core on a graph; return the sets it found, the one that was read, and the result."""
    found: list[tuple[int, int, int]] = []
    read: set[int] = set()
    result: dict[str, int] = {}

    async def testbench(ctx):
        ctx.set(dut.row_write, 1)
        for vertex, others in enumerate(graph):
            for word in range(dut.words):
                ctx.set(dut.row_vertex, vertex)
                ctx.set(dut.row_word, word)
                ctx.set(dut.row_data, sum(
                    1 << other % dut.lanes for other in others if other // dut.lanes == word
                ))
                await ctx.tick()
        ctx.set(dut.row_write, 0)
        problem = {
            "vertices": len(graph), "seed": settings.seed, "rest": settings.rest,
            "spread": (1 << settings.spread) - 1, "noise": settings.noise, "target": target,
            "timeout": timeout,
        }
        for name, value in problem.items():
            ctx.set(dut.i.payload[name], value)
        ctx.set(dut.i.valid, 1)
        await ctx.tick()
        ctx.set(dut.i.valid, 0)
        while not ctx.get(dut.o.valid):
            if ctx.get(dut.o_found_valid):
                found.append(tuple(
                    ctx.get(dut.o_found[name]) for name in ("scan", "size", "cycles")
                ))
            await ctx.tick()
        for word in range(dut.words):
            ctx.set(dut.best_address, word)
            await ctx.tick()
            read.update(
                word * dut.lanes + lane
                for lane in range(dut.lanes) if ctx.get(dut.best_data) >> lane & 1
            )
        result.update({
            name: ctx.get(dut.o.payload[name]) for name in ("size", "reached", "scan", "cycles")
        })

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    return found, {vertex for vertex in read if vertex < len(graph)}, result


def expected(graph, settings: QuboSearch, *, lanes: int, count: int) -> list[Found]:
    found = search(graph, settings, lanes=lanes, longest=10_000)
    return [one for one, _ in zip(found, range(count), strict=False)]


@pytest.mark.parametrize(("vertices", "lanes"), [(6, 2), (20, 4), (17, 16), (40, 8)])
def test_core_follows_the_definition(vertices, lanes, rng):
    graph = drawn(rng, rng.randint(2, vertices), rng.uniform(0.1, 0.6))
    settings = QuboSearch(
        seed=rng.getrandbits(32), rest=rng.randint(1, 8), spread=rng.randint(0, 3),
        noise=rng.choice((0, 1000, 30000)),
    )
    dut = IndependentSet(vertices=vertices, lanes=lanes)
    # No set has as many vertices: a graph without an edge would end the run before its time.
    found, vertices_read, result = run(dut, graph, settings, target=vertices + 1, timeout=1500)
    wanted = expected(graph, settings, lanes=lanes, count=len(found))
    assert [one[:2] for one in found] == [(one.scan, len(one.vertices)) for one in wanted]
    assert [one[2] for one in found] == [
        seen_at(one.scan, vertices=len(graph), lanes=lanes) for one in wanted
    ]
    assert vertices_read == wanted[-1].vertices
    assert result["size"] == len(vertices_read)
    assert (result["scan"], result["reached"]) == (found[-1][0], found[-1][2])
    assert 1500 <= result["cycles"] <= 1500 + 2 * pass_cycles(len(graph), lanes)


def test_a_run_ends_when_the_target_is_kept(rng):
    graph = neighbours(9, [(0, other) for other in range(1, 9)])
    dut = IndependentSet(vertices=9, lanes=4)
    found, read, result = run(dut, graph, QuboSearch(seed=5), target=8, timeout=1 << 40)
    assert read == set(range(1, 9))
    assert result["cycles"] == found[-1][2] + pass_cycles(9, 4) + 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"vertices": 1, "lanes": 2}, "a graph has at least 2 vertices, not 1"),
        ({"vertices": 4, "lanes": 3}, "lanes are a power of two of at least 2, not 3"),
        ({"vertices": 4, "lanes": 2, "time_bits": 0}, "a count has at least one bit, not 0"),
    ],
)
def test_what_is_no_core_is_refused(arguments, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        IndependentSet(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": -1}, "seed is -1; it must be a whole number from 0 to 4294967295"),
        ({"rest": 0}, "rest is 0; it must be a whole number from 1 to 31"),
        ({"spread": 5}, "spread is 5; it must be a whole number from 0 to 4"),
        ({"noise": 65536}, "noise is 65536; it must be a whole number from 0 to 65535"),
        (
            {"rest": 25, "spread": 3},
            "a rest of 25 and a spread of 3 bits may come to 32 passes; a neuron rests 31 at most",
        ),
    ],
)
def test_what_is_no_search_is_refused(arguments, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        QuboSearch(**arguments)
