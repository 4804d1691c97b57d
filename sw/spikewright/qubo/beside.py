"""The solver beside programs of the host, and the largest graphs that it holds."""

from collections.abc import Sequence
from typing import Any

from ..record.figure import Figure, Simulated
from ..record.markdown import table
from .graph import Graph
from .solve import QuboSolver, solve_qubo
from .workload import QuboWorkload, random_graph

__all__ = ["beside_host", "host_lines", "largest", "largest_lines"]

_HEADINGS = (
    "nodes", "workloads", "targets: this solver", "tabu", "annealing", "mean cost: this solver",
    "tabu", "annealing", "time of an annealing, ms",
)
#: Densities of the benchmark's largest sizes, A and B.
_LARGEST = {"largest_a": 0.01, "largest_b": 1.0}


def beside_host(
    rows: Sequence[dict[str, Any]], workloads: Sequence[QuboWorkload], *, timeout_s: float,
    runs: int,
) -> tuple[dict[str, Any], ...]:
    """Return rows with what D-Wave's samplers find on this machine in the same time."""
    from .host import annealed, searched  # the package comes with an extra

    made = []
    for row, workload in zip(rows, workloads, strict=True):
        graph: Graph = workload.graph()
        tabu = searched(graph, timeout_s=timeout_s, runs=runs)
        annealing = annealed(graph, timeout_s=timeout_s, runs=runs)
        made.append(row | tabu.row("tabu") | annealing.row("annealing"))
    return tuple(made)


def host_lines(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the lines of the table beside the host's programs: a row for each size."""
    cells = []
    for nodes in dict.fromkeys(row["nodes"] for row in rows):
        group = [row for row in rows if row["nodes"] == nodes]
        costs = [[row[f"{name}cost"] for row in group] for name in ("", "tabu_", "annealing_")]
        targets = [float(row["target"]) for row in group]
        took = sum(row["annealing_seconds"] for row in group) / len(group)
        cells.append((
            nodes, len(group),
            *(sum(map(float.__le__, map(float, each), targets)) for each in costs),
            *(f"{sum(each) / len(each):.4g}" for each in costs), f"{1e3 * took:.3g}",
        ))
    return list(table(_HEADINGS, cells))


def largest(solver: QuboSolver, *, timeout_s: float) -> list[Figure]:
    """Return the largest sizes A and B: the most vertices at which a cost below 0 is found.

    The graph is stored as bits, so a solver holds as many vertices of any density.

    Parameters
    ----------
    solver : QuboSolver
    timeout_s : float
        Of a run, s.
    """
    by = Simulated("the core independent_set", "its one definition, cycle by cycle")
    found = []
    for name, density in _LARGEST.items():
        graph = random_graph(solver.capacity, density=density, seed=0)
        solution = solve_qubo(graph, solver=solver, timeout_s=timeout_s)
        size = graph.count if solution.cost < 0 else 0
        found.append(Figure(name, size, "1", by, {
            "density": density, "seed": 0, "edges": len(graph.edges), "cost": solution.cost,
        }))
    return found


def largest_lines(figures: Sequence[Figure]) -> list[str]:
    """Return the lines of the table of the largest sizes."""
    return list(table(("size", "density", "vertices", "edges", "cost"), [
        (f"{one.name[-1].upper()}", f"{one.detail['density']:g}", f"{one.value:,}",
         f"{one.detail['edges']:,}", one.detail["cost"]) for one in figures
    ]))
