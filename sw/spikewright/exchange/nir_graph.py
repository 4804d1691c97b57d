"""A NIR graph as nodes that hear nodes before them, or themselves."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spikewright.errors import DataError

from .affine import Matrix, Scaling
from .firing import hearing_itself, with_threshold
from .found import Found
from .kernel import Kernel, Window
from .layers import INPUTS, Piece
from .nir_nodes import NEURONS, Reading, nir_threshold, read_node
from .step import Step, View

__all__ = ["pieces_of"]

#: Names of the nodes by which neurons hear themselves.
Loop = tuple[str, ...]
#: The same with what each of them does.
Returns = tuple[tuple[tuple[str, Step], ...], ...]

_CIRCLE = (
    "{} is part of a circle that is no recurrence: neurons whose spikes return to themselves by "
    "nodes that lead nowhere else"
)


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
    """Return the nodes of a NIR graph, each after those that it hears, and the inputs' axes.

    Raises
    ------
    DataError
        The graph has a circle that is no recurrence, or a node cannot be reached or read; the
        sentence names the node.
    """
    flat = _flat(graph)
    known = set(flat.nodes)
    for a, b in flat.edges:
        for end in (a, b):
            if end not in known:
                raise DataError(f"an edge goes from {a} to {b}, and there is no node {end}")
    flat.edges = list(dict.fromkeys(flat.edges))
    start, end = _end(flat, "Input"), _end(flat, "Output")
    if len(flat.before(end)) != 1:
        raise DataError(
            f"{end} is reached from {_list(flat.before(end))}; the neurons of one layer are the "
            "outputs"
        )
    loops = _recurrences(flat)
    returning = {one for several in loops.values() for loop in several for one in loop}
    order = _ordered(flat, start, loops, returning)
    whats = {
        name: _what(flat, name, loops.get(name, []), reading)
        for name in order if name not in (start, end)
    }
    return _pieces(flat, start, whats, returning), _axes(flat.nodes[start])


def _ordered(
    flat: _Graph, start: str, loops: Mapping[str, Sequence[Loop]], returning: Collection[str]
) -> list[str]:
    """Return the nodes but those of loops, each after those that it hears, else by their names."""
    waits = {
        name: {one for one in flat.before(name) if one not in returning and one != name}
        for name in flat.nodes if name not in returning
    }
    order: list[str] = []
    while ready := [name for name, before in waits.items() if before <= {*order}]:
        ready = [name for name in ready if waits[name] or name == start]
        if not ready:
            break
        order.append(min(ready, key=_numbers_in))
        del waits[order[-1]]
    reached = _reached(flat, start)
    if lost := sorted(set(waits) - reached):
        raise DataError(f"{_list(lost)} cannot be reached from {start}")
    if waits:
        raise DataError(_CIRCLE.format(_in_circle(flat, waits)))
    return order


def _in_circle(flat: _Graph, waits: Mapping[str, Collection[str]]) -> str:
    """Return a node of a circle among those that wait for others; one of neurons, if it has any."""
    name, passed = min(waits), []
    while name not in passed:
        passed.append(name)
        name = min(one for one in waits[name] if one in waits)
    circle = passed[passed.index(name) :]
    return min(circle, key=lambda one: type(flat.nodes[one]).__name__ not in NEURONS)


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


def _reached(flat: _Graph, start: str) -> set[str]:
    found, new = {start}, [start]
    while new:
        for name in flat.after(new.pop()):
            if name not in found:
                found.add(name)
                new.append(name)
    return found


def _numbers_in(name: str) -> list[tuple[int, str]]:
    """Return a key by which numbers in names count as numbers."""
    return [(int(one), "") if one.isdecimal() else (-1, one) for one in re.split(r"(\d+)", name)]


def _recurrences(flat: _Graph) -> dict[str, list[Loop]]:
    """Return, for each node, the loops by which what it sends returns to it and goes nowhere else.

    Each is of the nodes on it; none of them, where an edge leads straight back.
    """
    loops: dict[str, list[Loop]] = {}
    for start in flat.nodes:
        if type(flat.nodes[start]).__name__ not in NEURONS:
            continue
        for name in flat.after(start):
            loop: list[str] = []
            while name != start and len(flat.before(name)) == len(flat.after(name)) == 1:
                if type(flat.nodes[name]).__name__ in NEURONS or name in loop:
                    break
                loop.append(name)
                (name,) = flat.after(name)
            if name == start:
                loops.setdefault(start, []).append(tuple(loop))
    return loops


def _what(
    flat: _Graph, name: str, loops: Sequence[Loop], reading: Reading
) -> tuple[Found | Step, Returns]:
    """Return what a node is, and the ways by which its own spikes return to it."""
    what = read_node(name, flat.nodes[name], reading)
    if not loops:
        return what, ()
    if not isinstance(what, Found) or not what.definition.spikes:
        raise DataError(_CIRCLE.format(name))
    returns = []
    for loop in loops:
        steps = [(one, read_node(one, flat.nodes[one], reading)) for one in loop]
        returns.append(tuple((one, step) for one, step in steps if not isinstance(step, Found)))
    return what, tuple(returns)


def _pieces(
    flat: _Graph, start: str, whats: Mapping[str, tuple[Found | Step, Returns]],
    returning: Collection[str],
) -> list[Piece]:
    """Return the nodes as pieces; an integrator and the threshold right after it are one."""
    pieces: list[Piece] = []
    numbers = {start: INPUTS}
    for name, (what, returns) in whats.items():
        before = [one for one in flat.before(name) if one not in returning and one != name]
        hears = tuple(numbers[one] for one in before)
        last = pieces[hears[0]] if len(hears) == 1 and hears[0] >= 0 else None
        if (
            last is not None and isinstance(what, Found) and what.definition is nir_threshold
            and isinstance(last.what, Found) and not last.what.definition.spikes and not returns
            and flat.after(before[0]) == [name]
        ):
            numbers[name] = numbers[before[0]]
            pieces[numbers[name]] = replace(last, name=name, what=replace(
                last.what, definition=with_threshold(last.what.definition),
                parameters={**last.what.parameters, **what.parameters},
            ))
            continue
        numbers[name] = len(pieces)
        pieces.append(_by_matrix(Piece(name=name, what=what, hears=hears, returns=returns), pieces))
    return pieces


def _by_matrix(piece: Piece, before: Sequence[Piece]) -> Piece:
    """Return neurons that hear themselves by matrices alone, by an input of their own.

    Those that hear more besides than a layer by a matrix hear themselves by a part of their
    connection.
    """
    if not isinstance(piece.what, Found) or not piece.returns or not _hears_one(piece, before):
        return piece
    if any(len(loop) > 1 for loop in piece.returns):
        return piece
    own, *others = (loop[0][1] if loop else Scaling.of() for loop in piece.returns)
    for one in others:
        if not isinstance(own, Matrix) or not isinstance(one, Matrix):
            return piece
        own = Matrix(own.weights + one.weights, own.bias + one.bias)
    if not isinstance(own, Matrix | Scaling):
        return piece
    definition = hearing_itself(piece.what.definition)
    return replace(piece, returns=(), what=replace(piece.what, definition=definition, own=own))


def _hears_one(piece: Piece, before: Sequence[Piece]) -> bool:
    """Whether a piece hears one layer, or the inputs, and not by a convolution or a pooling."""
    at, *others = piece.hears
    if others:
        return False
    if at == INPUTS or isinstance(before[at].what, Found):
        return True
    return not isinstance(before[at].what, Kernel | Window) and _hears_one(before[at], before)


def _axes(node: Any) -> View | None:
    shape = (node.input_type or {}).get("input")
    return None if shape is None else tuple(int(one) for one in np.ravel(shape))


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "nothing"
