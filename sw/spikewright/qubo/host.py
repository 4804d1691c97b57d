"""Tabu search and simulated annealing of D-Wave's ``dwave-samplers``, on this machine.

They get the same graphs and the same time as the solver, and one thread each; loading a graph is
not in it. The tabu search stops by a clock of its own. The annealing has none: it gets as many
reads, of which the best counts, as fit into the time by the processor time of one. Reads of 100
and of 1,000 sweeps are both tried, for neither is the better one on all graphs, and what finds the
lower costs is taken.
"""

import time
from dataclasses import dataclass
from statistics import median
from typing import Any

from dwave.samplers import SimulatedAnnealingSampler, TabuSampler

from .graph import VIOLATED, Graph

__all__ = ["HostRuns", "annealed", "searched"]

#: Sweeps of a read: few, so that there are many reads, or as many as the package's default.
_SWEEPS = (100, 1000)
#: Reads by which the time of one is known, how often they are timed, and most reads of a run.
_READS, _TRIES, _MOST_READS = 5, 3, 10_000


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
        Of a run, s.
    runs : int
    seed : int
    """
    matrix, sampler = _matrix(graph), SimulatedAnnealingSampler()
    # To find the range of temperatures takes the longest.
    between = tuple(map(float, sampler.sample_qubo(
        matrix, num_reads=1, num_sweeps=1, seed=seed
    ).info["beta_range"]))

    def sampled(sweeps: int, reads: int, seed: int) -> Any:
        return sampler.sample_qubo(
            matrix, num_reads=reads, num_sweeps=sweeps, beta_range=between, seed=seed
        )

    def seconds(sweeps: int, reads: int) -> float:
        before = time.thread_time()
        sampled(sweeps, reads, seed)
        return time.thread_time() - before

    def runs_of(sweeps: int) -> HostRuns:
        loading = min(seconds(1, 1) for _ in range(_TRIES))
        several = min(seconds(sweeps, _READS) for _ in range(_TRIES))
        read = max(several - loading, 1e-9) / _READS
        if read > timeout_s:  # one shorter read
            sweeps = max(1, int(sweeps * timeout_s / read))
            read = min(read, timeout_s)
        reads = min(max(1, int(timeout_s / read)), _MOST_READS)
        found = (min(_costs(sampled(sweeps, reads, seed + run))) for run in range(runs))
        return HostRuns(tuple(found), reads * read)

    return min(map(runs_of, _SWEEPS), key=lambda one: median(one.costs))


def _costs(found: Any) -> tuple[float, ...]:
    return tuple(float(one) for one in found.record.energy)


def _matrix(graph: Graph) -> dict[Any, float]:
    """Return the benchmark's matrix as the samplers take it."""
    return {(one, one): -1.0 for one in range(graph.count)} | {
        edge: float(VIOLATED) for edge in graph.edges
    }
