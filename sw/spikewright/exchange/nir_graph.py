"""A NIR graph as a chain of nodes, with recurrences."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spikewright.errors import DataError

from .affine import Matrix, Scaling
from .chain import Piece
from .firing import hearing_itself, with_threshold
from .found import Found
from .kernel import Kernel
from .nir_nodes import Reading, nir_threshold, read_node
from .step import View

__all__ = ["pieces_of"]


@dataclass
class _Graph:
    """Nodes by name, and edges between them; graphs inside others are laid out flat."""

    nodes: dict[str, Any]
    edges: list[tuple[str, str]]

    def after(self, name: str) -> list[str]:
        return [b for a, b in self.edges if a == name]

    def before(self, name: str) -> list[str]:
        return [a for a, b in self.edges if b == name]


def pieces_of(graph: Any, reading: Reading) -> tuple[list[Piece], View | None]:
    """Return the chain of a NIR graph, and the axes of its input if the graph says them.

    Raises
    ------
    DataError
        The graph is no chain with recurrences, or a node cannot be read; the sentence names the
        node.
    """
    flat = _flat(graph)
    known = set(flat.nodes)
    for a, b in flat.edges:
        for end in (a, b):
            if end not in known:
                raise DataError(f"an edge goes from {a} to {b}, and there is no node {end}")
    flat.edges = list(dict.fromkeys(flat.edges))
    start, end = _end(flat, "Input"), _end(flat, "Output")
    loops, chain = _recurrences(flat), []
    name, seen = start, set()
    while name != end:
        seen.add(name)
        onward = [one for one in flat.after(name) if one not in loops.get(name, ())
                  and one != name]
        if len(onward) != 1:
            raise DataError(
                f"{name} goes on to {_list(onward)}; only a chain of nodes, with recurrences, is "
                "imported"
            )
        (name,) = onward
        if name in seen:
            raise DataError(
                f"{name} is part of a circle that is no recurrence: neurons whose spikes return "
                "to themselves by one matrix at most"
            )
        arriving = [one for one in flat.before(name) if one not in loops.get(name, ())
                    and one != name]
        if len(arriving) != 1:
            raise DataError(
                f"{name} is reached from {_list(arriving)}; only a chain of nodes, with "
                "recurrences, is imported"
            )
        chain.append(name)
    over = known - seen - {end} - {one for several in loops.values() for one in several}
    if over:
        raise DataError(f"{_list(sorted(over))} cannot be reached from {start}")
    pieces = [_piece(flat, name, loops.get(name), reading) for name in chain[:-1]]
    return _thresholds_joined(pieces), _axes(flat.nodes[start])


def _flat(graph: Any, prefix: str = "") -> _Graph:
    """Lay out a graph: an edge to an inner graph goes to its input, one from it to its output."""
    flat, ends = _Graph({}, []), {}
    for name, node in graph.nodes.items():
        if type(node).__name__ != "NIRGraph":
            flat.nodes[prefix + name] = node
            continue
        inner = _flat(node, f"{prefix}{name}.")
        inside = [one for one in inner.nodes if "." not in one.removeprefix(f"{prefix}{name}.")]
        graph_in = [one for one in inside if type(inner.nodes[one]).__name__ == "Input"]
        graph_out = [one for one in inside if type(inner.nodes[one]).__name__ == "Output"]
        if len(graph_in) != 1 or len(graph_out) != 1:
            raise DataError(f"{prefix}{name} is a graph; it needs one Input and one Output")
        ends[name] = graph_in[0], graph_out[0]
        flat.nodes |= inner.nodes
        flat.edges += inner.edges
    for a, b in graph.edges:
        flat.edges.append((
            ends[a][1] if a in ends else prefix + a, ends[b][0] if b in ends else prefix + b
        ))
    return flat


def _end(flat: _Graph, kind: str) -> str:
    """Return the one Input that nothing leads to, or the one Output that leads nowhere."""
    beside = flat.before if kind == "Input" else flat.after
    found = [name for name, node in flat.nodes.items()
             if type(node).__name__ == kind and not beside(name)]
    if len(found) != 1:
        raise DataError(f"the graph has {len(found)} nodes {kind} at its ends; it needs one")
    return found[0]


def _recurrences(flat: _Graph) -> dict[str, list[str]]:
    """Return, for each node of neurons, the nodes by which its spikes return to it."""
    loops: dict[str, list[str]] = {}
    for name, node in flat.nodes.items():
        if type(node).__name__ in ("Affine", "Linear", "Scale", "Conv1d", "Conv2d"):
            before, after = flat.before(name), flat.after(name)
            if len(before) == len(after) == 1 and before == after:
                loops.setdefault(before[0], []).append(name)
    for a, b in flat.edges:
        if a == b:
            loops.setdefault(a, [])
    return loops


def _piece(
    flat: _Graph, name: str, loop: Sequence[str] | None, reading: Reading
) -> Piece:
    what = read_node(name, flat.nodes[name], reading)
    if loop is None:
        return Piece(name=name, what=what)
    if not isinstance(what, Found) or len(loop) > 1 or not what.definition.spikes:
        raise DataError(
            f"{name} is part of a circle that is no recurrence: neurons whose spikes return to "
            "themselves by one matrix at most"
        )
    own = read_node(loop[0], flat.nodes[loop[0]], reading) if loop else Scaling.of()
    assert isinstance(own, Matrix | Scaling | Kernel)
    definition = what.definition
    if not isinstance(own, Kernel):
        definition = hearing_itself(definition)
    return Piece(name=name, what=replace(what, definition=definition, own=own))


def _thresholds_joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Make one neuron of an integrator and the threshold right after it."""
    joined: list[Piece] = []
    for piece in pieces:
        last = joined[-1].what if joined else None
        if (
            isinstance(piece.what, Found) and piece.what.definition is nir_threshold
            and isinstance(last, Found) and not last.definition.spikes
        ):
            joined[-1] = Piece(name=piece.name, what=replace(
                last, definition=with_threshold(last.definition),
                parameters={**last.parameters, **piece.what.parameters},
            ))
        else:
            joined.append(piece)
    return joined


def _axes(node: Any) -> View | None:
    shape = (node.input_type or {}).get("input")
    return None if shape is None else tuple(int(one) for one in np.ravel(shape))


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "nothing"
