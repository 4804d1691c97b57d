"""What a host and a board of an independent set tell each other; frames are those of the link.

``docs/link.md`` has frames and refusals, ``docs/qubo.md`` the byte tables of these commands.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from ..protocol import VERSION, Kind
from .search import QuboSearch

__all__ = [
    "PROBLEM_BYTES", "QuboCommand", "QuboHello", "QuboResult", "graph_payload", "problem_payload",
    "row_bytes", "vertices_of",
]

#: Bytes of a count of cycles or passes.
TIME_BYTES = 6


class QuboCommand(IntEnum):
    """What a host asks: the code of a frame to the board."""

    #: Which board is it, and how large? No payload; the answer is a :class:`QuboHello`.
    HELLO = 0x01
    #: Stores the neighbours of a vertex; the answer has no payload.
    GRAPH = 0x11
    #: Runs a search; the answer, at its end, is a :class:`QuboResult`.
    SOLVE = 0x12
    #: Asks for the set that the last search found, a bit for each vertex. No payload.
    SET = 0x13


@dataclass(frozen=True, kw_only=True)
class QuboHello:
    """What a board says of itself.

    Parameters
    ----------
    version : int
        Protocol version; first in every version, and on boards of networks, too.
    kind : Kind
        Real or virtual.
    vertices : int
        Most vertices of a graph.
    lanes : int
        Neurons of a word.
    clock_hz : int
        Clock of the search, Hz.
    """

    version: int = VERSION
    kind: Kind
    vertices: int
    lanes: int
    clock_hz: int

    _FORMAT = struct.Struct("<BBHHI")
    #: Bytes of the packed form.
    SIZE = _FORMAT.size

    def pack(self) -> bytes:
        """Return the payload of the answer, little-endian."""
        return self._FORMAT.pack(
            self.version, self.kind, self.vertices, self.lanes, self.clock_hz
        )

    @classmethod
    def unpack(cls, payload: bytes) -> "QuboHello":
        """Read the payload of the answer. Raises :exc:`ValueError` for a malformed one."""
        if len(payload) != cls.SIZE:
            raise ValueError(
                f"a board of independent sets says {cls.SIZE} bytes of itself, not {len(payload)}"
            )
        version, kind, vertices, lanes, hz = cls._FORMAT.unpack(payload)
        return cls(version=version, kind=Kind(kind), vertices=vertices, lanes=lanes, clock_hz=hz)


@dataclass(frozen=True, kw_only=True)
class QuboResult:
    """The end of a search.

    Parameters
    ----------
    size : int
        Vertices of the largest set.
    reached, scan : int
        The cycle in which it was seen, and the pass.
    cycles : int
        Cycles of the whole search.
    """

    size: int
    reached: int
    scan: int
    cycles: int

    #: Bytes on the link.
    SIZE = 2 + 3 * TIME_BYTES

    @classmethod
    def unpack(cls, payload: bytes) -> "QuboResult":
        """Read the payload of the answer. Raises :exc:`ValueError` for a malformed one."""
        if len(payload) != cls.SIZE:
            raise ValueError(f"a result has {cls.SIZE} bytes, not {len(payload)}")
        times = (
            int.from_bytes(payload[at : at + TIME_BYTES], "little")
            for at in range(2, cls.SIZE, TIME_BYTES)
        )
        reached, scan, cycles = times
        size = int.from_bytes(payload[:2], "little")
        return cls(size=size, reached=reached, scan=scan, cycles=cycles)


_PROBLEM = struct.Struct("<HHIBBH")
#: Bytes of a SOLVE payload.
PROBLEM_BYTES = _PROBLEM.size + TIME_BYTES


def row_bytes(vertices: int, lanes: int) -> int:
    """Return the bytes of a row of the graph, or of a set: whole words."""
    return -(-vertices // lanes) * lanes // 8


def graph_payload(vertex: int, neighbours: Iterable[int], *, size: int) -> bytes:
    """Return the payload of GRAPH: the vertex, two bytes, and a bit for each of its neighbours.

    ``size`` are the bytes of a row, see :func:`row_bytes`.
    """
    row = sum(1 << other for other in neighbours)
    return vertex.to_bytes(2, "little") + row.to_bytes(size, "little")


def problem_payload(vertices: int, settings: QuboSearch, *, target: int, timeout: int) -> bytes:
    """Return the payload of SOLVE; ``timeout`` is in cycles."""
    mask = (1 << settings.spread) - 1
    return _PROBLEM.pack(
        vertices, target, settings.seed, settings.rest, mask, settings.noise
    ) + timeout.to_bytes(TIME_BYTES, "little")


def vertices_of(payload: bytes, *, count: int) -> tuple[int, ...]:
    """Return the vertices of a set, of a graph of ``count``, from the payload of SET's answer."""
    bits = int.from_bytes(payload, "little")
    return tuple(vertex for vertex in range(count) if bits >> vertex & 1)
