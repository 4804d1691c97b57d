"""Graphs, their files, and what a set of vertices costs."""

import gzip
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path

from spikewright_hw.checks import pathlike, settle, shown, text, whole

from ..errors import DataError

__all__ = ["Graph", "cost", "read_graph"]

#: Cost of a violated edge: NeuroBench's weight of 4 on both sides of the matrix.
VIOLATED = 8


@dataclass(frozen=True)
class Graph:
    """An undirected graph.

    Parameters
    ----------
    count : int
        Vertices, numbered from 0.
    edges : iterable of tuple of int
        Pairs of vertices, each once.
    name : str
        What a report calls it.

    Raises
    ------
    DataError
        An edge is a loop, there twice, or of a vertex that is not there.
    """

    count: int
    edges: tuple[tuple[int, int], ...] = field(repr=False)
    name: str = "graph"

    def __post_init__(self):
        settle(self, count=whole(1), name=text)
        object.__setattr__(self, "edges", tuple(self._checked(self.edges)))

    def _checked(self, edges: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Return the edges, the lower vertex first."""
        seen = set()
        for number, edge in enumerate(edges):
            where = f"edge {number} of {self.name}"
            try:
                low, high = sorted(whole()(f"a vertex of {where}", vertex) for vertex in edge)
            except (TypeError, ValueError) as error:
                raise DataError(f"{where} is {shown(edge)}; it is a pair of vertices") from error
            if low < 0 or high >= self.count:
                outside = low if low < 0 else high
                raise DataError(
                    f"{where} is of vertex {outside}; there are 0 to {self.count - 1}"
                )
            if low == high:
                raise DataError(f"{where} is a loop at vertex {low}; take it out")
            if (low, high) in seen:
                raise DataError(f"{where}, between {low} and {high}, is there twice; take one out")
            seen.add((low, high))
            yield low, high

    @cached_property
    def neighbours(self) -> tuple[tuple[int, ...], ...]:
        """The neighbours of each vertex, in order."""
        found: list[list[int]] = [[] for _ in range(self.count)]
        for one, other in self.edges:
            found[one].append(other)
            found[other].append(one)
        return tuple(tuple(sorted(each)) for each in found)

    @property
    def density(self) -> float:
        """Edges, of those that there could be."""
        return len(self.edges) / max(1, self.count * (self.count - 1) // 2)


def cost(graph: Graph, vertices: Collection[int]) -> int:
    """Return the cost of a set of vertices: eight for each edge within it, less one for each.

    This is ``x' Q x`` with the matrix of NeuroBench's QUBO benchmark: -1 on its diagonal, 4 on both
    sides of it for each edge (system track, QUBO.md).
    """
    chosen = set(vertices)
    violated = sum(one in chosen and other in chosen for one, other in graph.edges)
    return VIOLATED * violated - len(chosen)


def read_graph(path: str | Path) -> Graph:
    """Read a graph from a DIMACS file, which may be packed by gzip.

    Its lines are ``p edge VERTICES EDGES``, then ``e ONE OTHER`` with vertices from 1, and comments
    that begin with ``c`` (D. S. Johnson and M. A. Trick, "Cliques, Coloring, and Satisfiability",
    1996). A clique of a graph is an independent set of its complement, which is another graph.

    Parameters
    ----------
    path : str or Path

    Raises
    ------
    DataError
        The file is not there, or no such file; the message names the line.
    """
    path = pathlike("path", path)
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="ascii", errors="strict") as file:
            lines = [line.split() for line in file]
    except FileNotFoundError:
        raise DataError(f"{path} is not there") from None
    except (OSError, EOFError, UnicodeError) as error:
        raise DataError(f"{path} cannot be read as a DIMACS file: {error}") from None
    kept = ((number, line) for number, line in enumerate(lines, 1) if line and line[0] != "c")
    count, promised = 0, 0
    edges: list[tuple[int, int]] = []
    for number, line in kept:
        where = f"{path}, line {number}"
        if not count:
            count, promised = _head(line, where)
            continue
        edges.append(_edge(line, where))
    if not count:
        raise DataError(f"{path} has no line 'p edge VERTICES EDGES'")
    if len(edges) != promised:
        raise DataError(f"{path} has {len(edges)} edges; its head says {promised}")
    return Graph(count, tuple(edges), name=path.name)


def _head(line: list[str], where: str) -> tuple[int, int]:
    """Return the vertices and edges of a head."""
    if len(line) == 4 and line[0] == "p" and line[1] in ("edge", "col"):
        try:
            count, edges = int(line[2]), int(line[3])
        except ValueError:
            pass
        else:
            if count >= 1 and edges >= 0:
                return count, edges
    raise DataError(
        f"{where} is {shown(' '.join(islice(line, 8)))}; it is 'p edge VERTICES EDGES'"
    )


def _edge(line: list[str], where: str) -> tuple[int, int]:
    """Return an edge, its vertices from 0."""
    try:
        kind, one, other = line
        if kind != "e":
            raise ValueError
        return int(one) - 1, int(other) - 1
    except ValueError:
        raise DataError(
            f"{where} is {shown(' '.join(islice(line, 8)))}; it is 'e VERTEX VERTEX'"
        ) from None
