"""Independent sets: graphs and their files, the compiled search, solutions, the benchmark."""

import gzip
import random
import re
from collections import Counter
from dataclasses import replace
from io import StringIO
from itertools import combinations
from statistics import fmean
from types import SimpleNamespace

import pytest
from amaranth.hdl import Fragment
from rich.console import Console

from spikewright.errors import BuildError, DataError
from spikewright.qubo import fast, placed
from spikewright.qubo.benchmark import QuboBenchmark, print_qubo_solution
from spikewright.qubo.energy import energy_lines, energy_uj, is_small
from spikewright.qubo.graph import Graph, cost, read_graph
from spikewright.qubo.host import annealed, searched
from spikewright.qubo.solve import QuboSolver, solve_qubo
from spikewright.qubo.workload import qubo_workloads, random_graph
from spikewright.record.benchmark import run_benchmark
from spikewright_hw.qubo.independent_set import seen_at
from spikewright_hw.qubo.search import QuboSearch


@pytest.fixture
def rng() -> random.Random:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    return random.Random(seed)


PATH_OF_4 = Graph(4, ((0, 1), (1, 2), (2, 3)), name="a path")


def drawn(rng, most: int) -> Graph:
    count, share = rng.randint(2, most), rng.uniform(0.0, 0.6)
    return Graph(count, tuple(
        edge for edge in combinations(range(count), 2) if rng.random() < share
    ))


def test_a_cost_is_that_of_the_benchmarks_matrix(rng):
    graph = drawn(rng, 12)
    matrix = [[-1 if one == other else 0 for other in range(graph.count)]
              for one in range(graph.count)]
    for one, other in graph.edges:
        matrix[one][other] = matrix[other][one] = 4
    chosen = {vertex for vertex in range(graph.count) if rng.random() < 0.5}
    assert cost(graph, chosen) == sum(matrix[one][other] for one in chosen for other in chosen)


@pytest.mark.parametrize(
    ("count", "edges", "message"),
    [
        (3, [(1, 1)], "edge 0 of graph is a loop at vertex 1; take it out"),
        (3, [(0, 1), (1, 0)], "edge 1 of graph, between 0 and 1, is there twice; take one out"),
        (3, [(0, 3)], "edge 0 of graph is of vertex 3; there are 0 to 2"),
        (3, [(-1, 2)], "edge 0 of graph is of vertex -1; there are 0 to 2"),
        (3, [(0, 1.5)], "edge 0 of graph is (0, 1.5); it is a pair of vertices"),
        (3, [(0, 1, 2)], "edge 0 of graph is (0, 1, 2); it is a pair of vertices"),
        (3, [4], "edge 0 of graph is 4; it is a pair of vertices"),
    ],
)
def test_what_is_no_graph_is_refused(count, edges, message):
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        Graph(count, tuple(edges))


def test_a_file_is_read_packed_or_not(tmp_path):
    text = "c a path of Erd\u00f6s\np edge 4 3\ne 1 2\n\ne 3 2\ne 3 4\n"
    plain, packed = tmp_path / "path.dimacs", tmp_path / "path.dimacs.gz"
    plain.write_text(text, encoding="latin-1")
    packed.write_bytes(gzip.compress(text.encode()))
    assert read_graph(plain).edges == read_graph(packed).edges == PATH_OF_4.edges
    assert read_graph(plain).count == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("e 1 2\n", "{}, line 1 is 'e 1 2'; it is 'p edge VERTICES EDGES'"),
        ("p edge 99999999999 0\n",
         "{}, line 1 has 99999999999 vertices; a graph has at most 100000 here"),
        ("p edge 0 0\n", "{}, line 1 is 'p edge 0 0'; it is 'p edge VERTICES EDGES'"),
        ("p edge 4 1\nc\ne 1\n", "{}, line 3 is 'e 1'; it is 'e VERTEX VERTEX'"),
        ("p edge 4 1\ne 1 x\n", "{}, line 2 is 'e 1 x'; it is 'e VERTEX VERTEX'"),
        ("p edge 4 2\ne 1 2\n", "{} has 1 edges; its head says 2"),
        ("c nothing\n", "{} has no line 'p edge VERTICES EDGES'"),
        ("p edge 4 1\ne 1_0 2\n", "{}, line 2 is 'e 1_0 2'; it is 'e VERTEX VERTEX'"),
        ("p edge 1_0 1\ne 1 2\n", "{}, line 1 is 'p edge 1_0 1'; it is 'p edge VERTICES EDGES'"),
        ("p edge 2 1\ne 1 3\n", "the edge of {}, line 2 is of vertex 3; there are 1 to 2"),
        ("p edge 2 1\ne 0 1\n", "the edge of {}, line 2 is of vertex 0; there are 1 to 2"),
        ("p edge 2 1\ne 2 2\n", "the edge of {}, line 2 is a loop at vertex 2; take it out"),
        (
            "p edge 2 2\ne 1 2\ne 2 1\n",
            "the edge of {}, line 3, between 1 and 2, is there twice; take one out",
        ),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path, text, message):
    file = tmp_path / "graph.dimacs"
    file.write_text(text)
    with pytest.raises(DataError, match=f"^{re.escape(message.format(file))}$"):
        read_graph(file)


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(DataError, match=r"none\.dimacs is not there$"):
        read_graph(tmp_path / "none.dimacs")
    broken = tmp_path / "broken.gz"
    broken.write_bytes(b"p edge 2 1\ne 1 2\n")
    with pytest.raises(DataError, match=r"cannot be read as a DIMACS file: Is a directory$"):
        read_graph(tmp_path)
    with pytest.raises(DataError, match=r"broken\.gz cannot be read as a DIMACS file: "):
        read_graph(broken)


def test_the_compiled_search_is_the_definition(rng):
    compiled = fast._compiled()
    assert compiled is not None, "it differs from the definition, or cannot be compiled"
    for _ in range(6):
        graph = drawn(rng, 40)
        settings = QuboSearch(
            seed=rng.getrandbits(32), rest=rng.randint(1, 8), spread=rng.randint(0, 4),
            noise=rng.choice((0, 2000, 40000)),
        )
        given = graph.neighbours, settings, rng.choice((2, 4, 16, 64)), 250, graph.count
        assert fast._called(compiled, *given) == fast._defined(*given)


def test_without_a_compiler_the_definition_searches(monkeypatch):
    quick = fast.search(PATH_OF_4.neighbours, QuboSearch(), lanes=4, longest=60)
    monkeypatch.setattr(fast, "_compiled", lambda: None)
    assert fast.search(PATH_OF_4.neighbours, QuboSearch(), lanes=4, longest=60) == quick
    assert fast.search(PATH_OF_4.neighbours, QuboSearch(), lanes=4, longest=0).vertices == ()


def test_times_are_cycles_over_the_clock():
    solver = QuboSolver(capacity=8, lanes=4, clock_hz=1e6)
    solution = solve_qubo(PATH_OF_4, solver=solver, timeout_s=1e-3)
    assert solution.cost == -2
    assert [one.size for one in solution.improvements] == [1, 2]
    first = solution.improvements[0].cycles
    assert first == seen_at(2, vertices=4, lanes=4)
    assert solution.seconds_to(1) == first / 1e6
    assert solution.seconds_to(3) is None
    assert solution.size_after(0) == 0
    assert solution.size_after(1e-3) == 2
    # A run that ends a cycle before a set is seen does not see it.
    assert not solve_qubo(PATH_OF_4, solver=solver, timeout_s=(first - 1) / 1e6).improvements
    assert len(solve_qubo(PATH_OF_4, solver=solver, timeout_s=first / 1e6).improvements) == 1


def test_more_vertices_than_fit_are_refused():
    with pytest.raises(DataError, match=re.escape(
        "n 30, density 0.1, seed 0 has 30 vertices, 10 more than this solver holds; take a larger "
        "one by capacity= of at least 30"
    )):
        solve_qubo(random_graph(30, density=0.1), solver=QuboSolver(capacity=20))


def test_a_graph_that_is_none_is_refused():
    with pytest.raises(ValueError, match=r"^graph is 'g'; it must be of the class Graph$"):
        solve_qubo("g")  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(("density", "edges"), [(0, 0), (0.01, 0), (0.25, 12), (1, 45)])
def test_a_random_graph_has_the_benchmarks_edges(density, edges):
    assert len(random_graph(10, density=density).edges) == edges


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 0.1, 0), "nodes is 0; it must be a whole number from 1 to 100000"),
        ((10**9, 0, 0), "nodes is 1000000000; it must be a whole number from 1 to 100000"),
        (
            (100_000, 0.5, 0),
            (
                "density is 0.5, which is 2500000000 edges of 100000 nodes; it must be of at most "
                "10000000"
            ),
        ),
        ((9, 1.5, 0), "density is 1.5; it must be a number from 0 to 1"),
        ((9, 0.5, -1), "seed is -1; it must be a whole number of at least 0"),
    ],
)
def test_a_graph_that_cannot_be_is_refused(arguments, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        random_graph(arguments[0], density=arguments[1], seed=arguments[2])


def test_the_workloads_are_those_of_the_benchmark():
    found = qubo_workloads()
    assert len(found) == 180
    assert Counter(one.nodes for one in found) == dict.fromkeys(
        (10, 25, 50, 100, 250, 500, 1000, 2500, 5000), 20
    )
    assert all(one.best_known <= one.target < 0 for one in found)


def test_a_solution_is_printed_with_the_numbers_of_its_vertices():
    solution = solve_qubo(PATH_OF_4, timeout_s=1e-5)
    out = StringIO()
    print_qubo_solution(solution, console=Console(file=out, width=200))
    numbers = " ".join(map(str, solution.vertices))
    assert out.getvalue().endswith(f"\nvertices, numbered from 0: {numbers}\n")
    assert "(0, 1)" not in repr(solution)  # nor the edges of a graph of any size


def test_a_report_has_a_row_for_each_workload(tmp_path):
    benchmark = QuboBenchmark(nodes=(10, 25), densities=(0.1,), runs=2, timeout_s=1e-3)
    report = run_benchmark(benchmark, directory=tmp_path)
    assert [(row["nodes"], row["seed"]) for row in report.rows] == [
        (nodes, seed) for nodes in (10, 25) for seed in range(5)
    ]
    for row in report.rows:
        graph = random_graph(row["nodes"], density=0.1, seed=row["seed"])
        assert cost(graph, row["vertices"]) == row["best_cost"] == row["target"]
        assert 0 < row["seconds_to_gap_0"] <= 1e-3
        assert row["cost_after_0.001_s"] == row["cost"]
    assert "reached on 10 of 10 workloads" in report.summary
    assert (tmp_path / "report.json").is_file()


def test_the_hosts_programs_get_the_same_graphs(tmp_path):
    page = tmp_path / "docs" / "qubo.md"
    page.parent.mkdir()
    page.write_text("".join(
        f"<!-- generated: {name} -->\n<!-- end -->\n" for name in ("results", "host", "largest")
    ))
    report = run_benchmark(
        QuboBenchmark(
            nodes=(10,), densities=(0.1,), runs=2, timeout_s=2e-3, host=True, largest=True,
            solver=QuboSolver(capacity=30, lanes=16),
        ),
        directory=tmp_path, pages=True, root=tmp_path,
    )
    # What is found in so many milliseconds depends on what else the machine does.
    for row in report.rows:
        assert row["best_cost"] == row["target"] <= min(row["tabu_best"], row["annealing_best"])
        assert row["tabu_seconds"] == 2e-3 and 0 < row["annealing_seconds"] <= 2e-3
    assert report.made["dwave-samplers"]
    assert [one.value for one in report.figures] == [30, 30]
    assert report["largest_b"].detail == {"density": 1.0, "seed": 0, "edges": 435, "cost": -1}
    text = page.read_text()
    found = [[row[f"{name}_cost"] for row in report.rows] for name in ("tabu", "annealing")]
    reached = [
        sum(cost <= row["target"] for cost, row in zip(each, report.rows, strict=True))
        for each in found
    ]
    means = " | ".join(f"{fmean(each):.4g}" for each in found)
    assert f"| 10 | 5 | 5 | {reached[0]} | {reached[1]} | -7.2 | {means} |" in text
    assert "| B | 1 | 30 | 435 | -1 |" in text


def test_a_small_solver_has_energies_which_are_an_estimate(tmp_path):
    page = tmp_path / "docs" / "qubo.md"
    page.parent.mkdir()
    page.write_text("".join(
        f"<!-- generated: {name} -->\nold\n<!-- end -->\n" for name in ("results", "small")
    ))
    solver = QuboSolver(capacity=250, lanes=8, clock_hz=24e6)
    report = run_benchmark(
        QuboBenchmark(
            nodes=(10, 25), densities=(0.1, 0.25), runs=1, timeout_s=1e-3, solver=solver
        ), directory=tmp_path, pages=True, root=tmp_path,
    )
    for row in report.rows:
        for gap in ("0.1", "0.05", "0.01", "0"):
            time, energy = row[f"seconds_to_gap_{gap}"], row[f"microjoules_to_gap_{gap}"]
            # 592 pJ a cycle of 24 MHz, and 1.219 V x 85.6 uA
            assert energy == pytest.approx(time * (592e-12 * 24e6 + 1.219 * 85.6e-6) * 1e6)
    assert [one.name for one in report.figures] == [
        f"microjoules_to_gap_0_{gap}" for gap in ("1", "05", "01")
    ]
    assert {one.provenance.kind for one in report.figures} == {"estimated"}
    assert report.summary.endswith(" Energies, of an iCE40 UP5K, are an Estimate.")
    text = page.read_text()
    assert text.count("old") == 1 and text.index("old") < text.index("small")
    assert "| nodes | density | gap 0.1, ms | gap 0.1, µJ | gap 0.05, ms |" in text
    assert energy_lines([report.rows[0] | {"seconds_to_gap_0.1": None}], (0.1,))[2].startswith(
        "| 10 | 0.1 | not reached | "
    )
    large = replace(solver, lanes=16)
    assert is_small(solver) and not is_small(large) and energy_uj(None, solver) is None


def test_programs_of_the_host_are_held_to_the_graph():
    """Two edges of three vertices: the middle one, or both ends."""
    graph = Graph(3, ((0, 1), (1, 2)), name="three")
    for search in (searched, annealed):
        costs = search(graph, timeout_s=2e-3, runs=5).costs
        assert min(costs) == -2 and set(costs) <= {-2, -1}  # a run may end in the middle one


@pytest.mark.parametrize(("fields", "said"), [
    ({"nodes": (11,)}, "nodes is 11; the benchmark has 10, 25, 50, 100, 250, 500, 1000, 2500, "),
    ({"densities": (0.3,)}, "density is 0.3; the benchmark has 0.01, 0.05, 0.1, 0.25"),
    ({"nodes": ()}, "nodes is []; name each once, and at least one"),
    ({"densities": ()}, "densities is []; name each once, and at least one"),
    ({"nodes": (10, 10)}, "nodes is [10, 10]; name each once, and at least one"),
    ({"nodes": 10}, "nodes is 10; it must be a list, of 10, 25, 50, 100, 250, 500, 1000, 2500, "),
    ({"densities": "0.1"}, "densities is '0.1'; it must be a list, of 0.01, 0.05, 0.1, 0.25"),
])
def test_workloads_that_are_none_are_refused(fields, said):
    with pytest.raises(ValueError, match=f"^{re.escape(said)}"):
        QuboBenchmark(**fields)


def test_the_page_gets_the_table(tmp_path):
    benchmark = QuboBenchmark(nodes=(10,), densities=(0.1,), runs=1, timeout_s=1e-4)
    with pytest.raises(DataError, match=r"^there is no page .*qubo\.md; run this in the checkout$"):
        run_benchmark(benchmark, directory=tmp_path, pages=True, root=tmp_path)
    page = tmp_path / "docs" / "qubo.md"
    page.parent.mkdir()
    page.write_text("# Sets\n\n<!-- generated: results -->\n<!-- end -->\n\nEnd.\n")
    run_benchmark(
        benchmark, directory=tmp_path, pages=True, root=tmp_path, command="the command"
    )
    text = page.read_text()
    assert "| 10 | 0.1 | -7 -7 -7 -8 -7 | -7 -7 -7 -8 -7 | -7 -7 -7 -8 -7 |" in text
    assert "Clock: 80 MHz, assumed. the command, " in " ".join(text.split())
    assert text.endswith("End.\n")


def test_a_search_that_saw_no_set_says_so(capsys):
    graph = Graph(2, (), name="two")
    print_qubo_solution(solve_qubo(graph, timeout_s=1e-9))
    assert capsys.readouterr().out == (
        "two: no set was seen in this time; give the search more, by a longer timeout\n"
    )


def test_workloads_are_those_that_a_solver_holds():
    small = QuboBenchmark(solver=QuboSolver(capacity=99))
    assert small.nodes == (10, 25, 50)
    assert QuboBenchmark().nodes == (10, 25, 50, 100, 250, 500, 1000)
    assert QuboBenchmark(nodes=(50,)).nodes == (50,)
    message = "capacity is 9; the benchmark's smallest graph has 10 vertices"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        QuboBenchmark(solver=QuboSolver(capacity=9))


def test_a_solver_that_was_placed_says_so(monkeypatch):
    found = SimpleNamespace(fmax_mhz=85.5, fmax_source="post-route (a tool)", note="")
    asked = []

    def measured(core, preset, target, **how):
        made = core.build(preset)
        Fragment.get(made, platform=None)  # Amaranth warns of a core that nobody elaborates
        asked.append((core.top(preset), made.vertices, target.part, how["seeds"]))
        return found

    monkeypatch.setattr(placed, "measure", measured)
    clocked, size = placed.place_qubo_solver(QuboSolver(capacity=20, lanes=4), seeds=(3,))
    assert asked == [("independent_set_n20_l4", 20, "ecp5-85f", (3,))]
    assert (clocked.clock_hz, clocked.clock_source) == (85.5e6, "post-route (a tool)")
    assert size is found
    found.fmax_mhz, found.note = None, "it does not fit"
    with pytest.raises(BuildError, match=r"^a solver of 20 vertices was not routed: it does not "):
        placed.place_qubo_solver(QuboSolver(capacity=20, lanes=4))


def test_a_graph_that_is_larger_than_the_block_rams_is_told_at_once():
    message = ("a graph of 2000 vertices takes 4,000,000 bits of block RAM, and an ecp5-85f has "
               "3,833,856; give capacity= of at most 1958")
    with pytest.raises(BuildError, match=f"^{re.escape(message)}$"):
        placed.place_qubo_solver(QuboSolver(capacity=2000))
