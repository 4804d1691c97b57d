"""Tabu search and simulated annealing of D-Wave's ``dwave-samplers``, on this machine.

They get the same graphs and the same time as the solver, and one thread each; loading a graph is
not in it. The tabu search stops by a clock of its own. The annealing has none: it gets as many
sweeps as fit into the time, by the processor time of a sweep in two runs of other lengths, but one
at least.
"""

import time
from dataclasses import dataclass
from statistics import median
from typing import Any

from dwave.samplers import SimulatedAnnealingSampler, TabuSampler

from .graph import VIOLATED, Graph

__all__ = ["HostRuns", "annealed", "searched"]

#: Sweeps of the runs by which the time of one is known.
_FEW, _MORE, _TRIES = 10, 1010, 3
_MOST = 10_000_000


@dataclass(frozen=True)
class HostRuns:
    """What several runs found.

    Parameters
    ----------
    costs : tuple of float
        Of each run; above 0 where edges are within its set.
    seconds : float
        Of a run.
    """

    costs: tuple[float, ...]
    seconds: float

    def row(self, name: str) -> dict[str, Any]:
        """Return the columns of a row."""
        return {
            f"{name}_cost": median(self.costs), f"{name}_best": min(self.costs),
            f"{name}_seconds": self.seconds,
        }


def searched(graph: Graph, *, timeout_s: float, runs: int, seed: int = 0) -> HostRuns:
    """Search a graph by tabu search, in whole milliseconds.

    Parameters
    ----------
    graph : Graph
    timeout_s : float
        Of a run, s.
    runs : int
    seed : int
    """
    limit = max(1, round(timeout_s * 1e3))
    found = TabuSampler().sample_qubo(
        _matrix(graph), num_reads=runs, timeout=limit, seed=seed
    )
    return HostRuns(_costs(found), limit / 1e3)


def annealed(graph: Graph, *, timeout_s: float, runs: int, seed: int = 0) -> HostRuns:
    """Search a graph by simulated annealing.

    Parameters
    ----------
    graph : Graph
    timeout_s : float
        Of a run, s; it takes longer where a single sweep does.
    runs : int
    seed : int
    """
    matrix = _matrix(graph)

    def sampled(sweeps: int, reads: int, **more: Any) -> Any:
        return SimulatedAnnealingSampler().sample_qubo(
            matrix, num_reads=reads, num_sweeps=sweeps, seed=seed, **more
        )

    few = sampled(_FEW, 1)
    between = tuple(map(float, few.info["beta_range"]))  # to find it takes the longest

    def seconds(sweeps: int) -> float:
        before = time.thread_time()
        sampled(sweeps, 1, beta_range=between)
        return time.thread_time() - before

    short, long = (min(seconds(sweeps) for _ in range(_TRIES)) for sweeps in (_FEW, _MORE))
    each = max(long - short, 1e-9) / (_MORE - _FEW)
    sweeps = min(max(1, int(timeout_s / each)), _MOST)
    return HostRuns(_costs(sampled(sweeps, runs, beta_range=between)), sweeps * each)


def _costs(found: Any) -> tuple[float, ...]:
    return tuple(float(one) for one in found.record.energy)


def _matrix(graph: Graph) -> dict[Any, float]:
    """Return the benchmark's matrix as the samplers take it."""
    return {(one, one): -1.0 for one in range(graph.count)} | {
        edge: float(VIOLATED) for edge in graph.edges
    }
