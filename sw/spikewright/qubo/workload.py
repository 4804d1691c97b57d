"""The workloads of NeuroBench's QUBO benchmark: their graphs and targets."""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import networkx

from spikewright_hw.checks import real, whole

from .graph import MOST_VERTICES, Graph

__all__ = ["QuboWorkload", "qubo_workloads", "random_graph"]

#: Edges that are drawn at most; a graph of more takes gigabytes.
MOST_EDGES = 10_000_000


@dataclass(frozen=True)
class QuboWorkload:
    """A graph of the benchmark, and what is known of it.

    Parameters
    ----------
    nodes, seed : int
        Its vertices, and the seed that it is made from.
    density : float
        Its edges, of those that there could be.
    target : int
        The benchmark's target cost.
    best_known : int
        The lowest cost that was published.
    """

    nodes: int
    density: float
    seed: int
    target: int
    best_known: int

    def graph(self) -> Graph:
        """Make the graph."""
        return random_graph(self.nodes, density=self.density, seed=self.seed)


def random_graph(nodes: int, *, density: float, seed: int = 0) -> Graph:
    """Return a graph of NeuroBench's QUBO benchmark.

    It is ``networkx.gnm_random_graph`` with ``int(0.5 * density * nodes ** 2)`` edges, or all that
    there can be if that is more.

    Parameters
    ----------
    nodes : int, 1 to 100,000
    density : float, 0 to 1
        Of a graph of at most ten million edges.
    seed : int, at least 0

    Raises
    ------
    ValueError
        A number is out of its range.
    """
    nodes, density = whole(1, MOST_VERTICES)("nodes", nodes), real(0, 1)("density", density)
    seed, edges = whole(0)("seed", seed), int(0.5 * density * nodes**2)
    if edges > MOST_EDGES:
        raise ValueError(
            f"density is {density:g}, which is {edges} edges of {nodes} nodes; it must be of at "
            f"most {MOST_EDGES}"
        )
    made = networkx.gnm_random_graph(nodes, edges, seed=seed)
    return Graph(nodes, tuple(made.edges()), name=f"n {nodes}, density {density:g}, seed {seed}")


def qubo_workloads() -> tuple[QuboWorkload, ...]:
    """Return the workloads of the benchmark, seeds 0 to 4 of each size and density.

    ``targets.csv`` has the benchmark's targets (github.com/NeuroBench/system_benchmarks, QUBO,
    default_config.csv), which for 50 vertices and more are the best of D-Wave's TabuSampler, and
    the best of five runs of NeuroSA (Nature Communications 16, 2025,
    10.1038/s41467-025-58231-5; github.com/czihao/neurobench_neurosa). Neither is proved to be the
    lowest.
    """
    return _read()


@lru_cache(maxsize=1)
def _read() -> tuple[QuboWorkload, ...]:
    """Read the file of targets."""
    text = Path(__file__).with_name("targets.csv").read_text(encoding="ascii")
    return tuple(
        QuboWorkload(
            nodes=int(row["nodes"]), density=float(row["density"]), seed=int(row["seed"]),
            target=int(row["target"]), best_known=int(row["best_known"]),
        )
        for row in csv.DictReader(text.splitlines())
    )
