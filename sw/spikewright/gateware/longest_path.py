"""The longest path of a design that is packed but not placed, from the delays of its cells.

nextpnr prints no path before it has routed. It writes the delays of all cells, though, into a file
of the Standard Delay Format (SDF, IEEE 1497), which this reads. With the delays of a placed design
in that file, the longest path is exactly as long as nextpnr's estimate says.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from .timing import Path

__all__ = ["longest_path"]

#: Delay that is assumed of a connection, in ps, and what is added each time that its source has
#: twice as many sinks. In a placed event engine of 784-64-10 on the ECP5 the mean is 640 ps for one
#: sink, 1070 for 16, 1540 for 64, 2170 for 128 and 2720 for 512.
CONNECTION_PS, DOUBLED_PS = 500, 200

_INSTANCE = re.compile(r"\(INSTANCE (\S*)\)")
_CONNECTION = re.compile(r"\(INTERCONNECT (\S+) (\S+) ")
_PATH = re.compile(r"\(IOPATH (\S+) (\S+) \(-?\d+:-?\d+:(-?\d+)\)")
_CHECK = re.compile(
    r"\(SETUPHOLD \(posedge (\S+)\) \(\w+ (\S+)\) \(-?\d+:-?\d+:(-?\d+)\)"
)


@dataclass
class _Graph:
    """Ports, as ``cell/port``, and what follows them, with the delay in ps."""

    arcs: dict[str, list[tuple[str, int]]] = field(default_factory=lambda: defaultdict(list))
    starts: dict[str, int] = field(default_factory=dict)  # outputs of registers: clock to output
    ends: dict[str, int] = field(default_factory=dict)  # inputs of registers: setup time


def longest_path(sdf: str, *, joined: frozenset[str] = frozenset()) -> Path | None:
    """Return the longest path from register to register; None if there is none.

    ``joined`` are ports that connections to have no delay; a family has them as
    :attr:`~spikewright.gateware.families.family.Family.joined_ports`.

    Delays of cells are those of the file, at the slow corner; those of connections follow from
    their fan-out, see :data:`CONNECTION_PS`. So the path is one of the longest, but what placing
    makes of it, and of its rivals, is not known.
    """
    graph = _read(sdf, joined)
    arrival = {port: (delay, "") for port, delay in graph.starts.items()}
    for port in _in_order(graph):
        for following, delay in graph.arcs.get(port, ()):
            if port in arrival:
                arrival[following] = max(
                    arrival.get(following, (0, "")), (arrival[port][0] + delay, port)
                )
    ends = [(arrival[port][0] + setup, port) for port, setup in graph.ends.items()
            if port in arrival]
    if not ends:
        return None
    delay, port = max(ends)
    points = [port]
    while port := arrival[port][1]:
        points.append(port)
    return Path(tuple(".".join(each.rsplit("/", 1)) for each in reversed(points)), delay / 1e3)


def _read(sdf: str, without_delay: frozenset[str]) -> _Graph:
    """Return the graph of a file; of a delay's three values the last one is the slowest."""
    graph = _Graph()
    for block in sdf.split("(CELL\n")[1:]:
        cell = "".join(_INSTANCE.findall(block))
        checks = _CHECK.findall(block)
        clocks = {clock for _, clock, _ in checks}
        for port, _, setup in checks:
            graph.ends[_name(f"{cell}/{port}")] = int(setup)
        for source, sink, delay in _PATH.findall(block):
            if source in clocks:
                graph.starts[_name(f"{cell}/{sink}")] = int(delay)
            else:
                graph.arcs[_name(f"{cell}/{source}")].append((_name(f"{cell}/{sink}"), int(delay)))
        connections = _CONNECTION.findall(block)
        sinks = Counter(source for source, _ in connections)
        for source, sink in connections:
            assumed = CONNECTION_PS + round(DOUBLED_PS * math.log2(sinks[source]))
            joined = sink.rsplit("/", 1)[1] in without_delay
            graph.arcs[_name(source)].append((_name(sink), 0 if joined else assumed))
    return graph


def _in_order(graph: _Graph) -> Iterator[str]:
    """Yield ports after all those before them; none of a loop, nor what follows one."""
    before = Counter(following for arcs in graph.arcs.values() for following, _ in arcs)
    ready = [port for port in {*graph.arcs, *graph.starts} if not before[port]]
    while ready:
        port = ready.pop()
        yield port
        for following, _ in graph.arcs.get(port, ()):
            before[following] -= 1
            if not before[following]:
                ready.append(following)


def _name(escaped: str) -> str:
    return re.sub(r"\\(.)", r"\1", escaped)
