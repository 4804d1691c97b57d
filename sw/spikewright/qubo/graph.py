"""Graphs, their files, and what a set of vertices costs."""

import gzip
import zlib
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
#: Vertices of the largest graph that is read or drawn.
MOST_VERTICES = 100_000


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
        numbered = (
            (f"edge {number} of {self.name}", edge) for number, edge in enumerate(self.edges)
        )
        object.__setattr__(self, "edges", tuple(_checked(numbered, count=self.count)))

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


def _checked(
    edges: Iterable[tuple[str, Iterable[int]]], *, count: int, first: int = 0
) -> Iterator[tuple[int, int]]:
    """Return edges of vertices from 0, the lower one first.

    Parameters
    ----------
    edges : iterable of tuple of str and iterable of int
        Where each stands, and its vertices.
    count : int
        Vertices.
    first : int
        Number of the first vertex, here and in what is said of them.
    """
    seen = set()
    for where, edge in edges:
        try:
            low, high = sorted(whole()(f"a vertex of {where}", vertex) for vertex in edge)
        except (TypeError, ValueError) as error:
            raise DataError(f"{where} is {shown(edge)}; it is a pair of vertices") from error
        if low < first or high >= first + count:
            outside = low if low < first else high
            raise DataError(
                f"{where} is of vertex {outside}; there are {first} to {first + count - 1}"
            )
        if low == high:
            raise DataError(f"{where} is a loop at vertex {low}; take it out")
        if (low, high) in seen:
            raise DataError(f"{where}, between {low} and {high}, is there twice; take one out")
        seen.add((low, high))
        yield low - first, high - first


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
        with opened(path, "rt", encoding="latin-1") as file:
            lines = [line.split() for line in file]
    except FileNotFoundError:
        raise DataError(f"{path} is not there") from None
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path} cannot be read as a DIMACS file: {reason}") from None
    kept = ((number, line) for number, line in enumerate(lines, 1) if line and line[0] != "c")
    count, promised = 0, 0
    edges: list[tuple[str, tuple[int, int]]] = []
    for number, line in kept:
        where = f"{path}, line {number}"
        if not count:
            count, promised = _head(line, where)
            continue
        edges.append((f"the edge of {where}", _edge(line, where)))
    if not count:
        raise DataError(f"{path} has no line 'p edge VERTICES EDGES'")
    if len(edges) != promised:
        raise DataError(f"{path} has {len(edges)} edges; its head says {promised}")
    return Graph(count, tuple(_checked(edges, count=count, first=1)), name=path.name)


def _head(line: list[str], where: str) -> tuple[int, int]:
    """Return the vertices and edges of a head."""
    if len(line) == 4 and line[0] == "p" and line[1] in ("edge", "col"):
        try:
            count, edges = _number(line[2]), _number(line[3])
        except ValueError:
            pass
        else:
            if count > MOST_VERTICES:
                raise DataError(
                    f"{where} has {count} vertices; a graph has at most {MOST_VERTICES} here"
                )
            if count >= 1 and edges >= 0:
                return count, edges
    raise DataError(
        f"{where} is {shown(' '.join(islice(line, 8)))}; it is 'p edge VERTICES EDGES'"
    )


def _number(text: str) -> int:
    """Return the number of digits alone; Python's integers may have ``_`` between them."""
    if not text.isdecimal():
        raise ValueError
    return int(text)


def _edge(line: list[str], where: str) -> tuple[int, int]:
    """Return an edge, its vertices from 1."""
    try:
        kind, one, other = line
        if kind != "e":
            raise ValueError
        return _number(one), _number(other)
    except ValueError:
        raise DataError(
            f"{where} is {shown(' '.join(islice(line, 8)))}; it is 'e VERTEX VERTEX'"
        ) from None
