"""A graph's independent set, as a solver of some size and clock finds it, cycle by cycle."""

from dataclasses import dataclass, field

from spikewright_hw.checks import instance, real, settle, text, whole
from spikewright_hw.qubo.independent_set import pass_cycles, seen_at
from spikewright_hw.qubo.search import QuboSearch

from ..errors import DataError
from .fast import search
from .graph import Graph, cost

__all__ = ["Improvement", "QuboSolution", "QuboSolver", "solve_qubo"]


@dataclass(frozen=True, kw_only=True)
class QuboSolver:
    """A solver of a size class: one bitstream.

    Parameters
    ----------
    capacity : int, at least 2
        Most vertices of a graph.
    lanes : int, a power of two
        Neurons of a word.
    clock_hz : float
        Its clock, Hz.
    clock_source : str
        Where the clock comes from.
    """

    capacity: int = 1000
    lanes: int = 128
    clock_hz: float = 80e6
    clock_source: str = "assumed"

    def __post_init__(self):
        settle(self, capacity=whole(2), lanes=whole(2), clock_hz=real(1), clock_source=text)
        if self.lanes & (self.lanes - 1):
            raise ValueError(f"lanes is {self.lanes}; it must be a power of two")

    def passes(self, graph: Graph, seconds: float) -> int:
        """Return how many passes over a graph end within a time."""
        of_pass = pass_cycles(graph.count, self.lanes)
        return max(0, (int(seconds * self.clock_hz) + 1) // of_pass - 1)

    def timeout(self, graph: Graph, seconds: float) -> int:
        """Return the cycles after which a board ends with the pass that it is in.

        They are a pass fewer than the time has, so that no set is seen after it.
        """
        return max(0, int(seconds * self.clock_hz) - pass_cycles(graph.count, self.lanes))

    def check(self, graph: Graph) -> None:
        """Raise :exc:`~spikewright.errors.DataError` for a graph of too many vertices."""
        if graph.count > self.capacity:
            raise DataError(
                f"{graph.name} has {graph.count} vertices, {graph.count - self.capacity} more than "
                f"this solver holds; take a larger one by capacity= of at least {graph.count}"
            )


@dataclass(frozen=True)
class Improvement:
    """A set that was larger than all before: its vertices, and the cycle in which it was seen."""

    size: int
    cycles: int


@dataclass(frozen=True, kw_only=True)
class QuboSolution:
    """What a run found.

    Parameters
    ----------
    graph : Graph
    solver : QuboSolver
    settings : QuboSearch
    improvements : tuple of Improvement
        In the order of time.
    vertices : tuple of int
        The largest set.
    """

    graph: Graph
    solver: QuboSolver
    settings: QuboSearch
    improvements: tuple[Improvement, ...] = field(repr=False)
    vertices: tuple[int, ...]

    @property
    def reached(self) -> int:
        """The cycle in which the largest set was seen; 0 if there is none."""
        return self.improvements[-1].cycles if self.improvements else 0

    @property
    def cost(self) -> int:
        """Cost of the largest set, computed from the graph and not from the search."""
        return cost(self.graph, self.vertices)

    def size_after(self, seconds: float) -> int:
        """Return the size of the largest set that was seen within a time."""
        cycles = seconds * self.solver.clock_hz
        return max((one.size for one in self.improvements if one.cycles <= cycles), default=0)

    def seconds_to(self, size: int) -> float | None:
        """Return when a set of so many vertices was seen; None if there was none."""
        for one in self.improvements:
            if one.size >= size:
                return one.cycles / self.solver.clock_hz
        return None


def solve_qubo(
    graph: Graph, *, solver: QuboSolver | None = None, settings: QuboSearch | None = None,
    timeout_s: float = 0.01, target: int | None = None,
) -> QuboSolution:
    """QuboSearch for a large independent set of a graph, for as long as the gateware would.

    Every set, and the cycle in which it is seen, is that of the gateware: tests hold both to one
    definition. No board is asked, and no time measured.

    Parameters
    ----------
    graph : Graph
    solver : QuboSolver, optional
        Its size and clock.
    settings : QuboSearch, optional
        Seed, rest and noise.
    timeout_s : float, at least 0
        Time of the solver, s.
    target : int, optional
        Vertices of a set with which the search ends.

    Raises
    ------
    DataError
        The graph has more vertices than the solver holds.
    ValueError
        A number is out of its range.
    """
    solver = QuboSolver() if solver is None else solver
    settings = QuboSearch() if settings is None else settings
    instance(Graph)("graph", graph)
    instance(QuboSolver)("solver", solver)
    instance(QuboSearch)("settings", settings)
    timeout_s = real(0)("timeout_s", timeout_s)
    solver.check(graph)
    found = search(
        graph.neighbours, settings, lanes=solver.lanes, longest=solver.passes(graph, timeout_s),
        target=None if target is None else whole(1)("target", target),
    )
    return QuboSolution(
        graph=graph, solver=solver, settings=settings, vertices=found.vertices,
        improvements=tuple(
            Improvement(
                size, seen_at(scan, vertices=graph.count, lanes=solver.lanes)
            )
            for size, scan in enumerate(found.scans, 1)
        ),
    )
