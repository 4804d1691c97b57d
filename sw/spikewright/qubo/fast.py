"""The search of an independent set, compiled; without a compiler, the definition itself."""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from spikewright_hw.qubo import search as definition
from spikewright_hw.qubo.search import QuboSearch
from spikewright_hw.stochastic.source.lfsr import TAPS

from ..native import library

__all__ = ["Trajectory", "search"]

#: A graph and a search on which the compiled one is compared with the definition before it is used.
_TRIAL = tuple(
    tuple(other for other in range(23) if other != one and (one * other) % 7 in (1, 3, 5))
    for one in range(23)
)
_TRIAL_SCANS = 300


@dataclass(frozen=True)
class Trajectory:
    """What a search found, and when.

    Parameters
    ----------
    scans : tuple of int
        The pass in which a set of 1, 2, 3, ... vertices was seen.
    vertices : tuple of int
        The last set, the largest.
    """

    scans: tuple[int, ...]
    vertices: tuple[int, ...]


def search(
    neighbours: Sequence[Sequence[int]], settings: QuboSearch, *, lanes: int, longest: int,
    target: int | None = None,
) -> Trajectory:
    """Return what :func:`spikewright_hw.qubo.search.search` finds.

    Parameters
    ----------
    neighbours : sequence of sequence of int
        Those of each vertex.
    settings : QuboSearch
    lanes : int
        Neurons of a word.
    longest : int
        Last pass.
    target : int, optional
        The search ends when a set of so many vertices is found.
    """
    target = len(neighbours) + 1 if target is None else target
    compiled = _compiled()
    if compiled is None:
        return _defined(neighbours, settings, lanes, longest, target)
    return _called(compiled, neighbours, settings, lanes, longest, target)


def _defined(
    neighbours: Sequence[Sequence[int]], settings: QuboSearch, lanes: int, longest: int, target: int
) -> Trajectory:
    """QuboSearch by the definition."""
    scans: list[int] = []
    vertices: frozenset[int] = frozenset()
    if longest:
        for found in definition.search(neighbours, settings, lanes=lanes, longest=longest):
            scans.append(found.scan)
            vertices = found.vertices
            if len(vertices) >= target:
                break
    return Trajectory(tuple(scans), tuple(sorted(vertices)))


def _called(
    compiled: ctypes.CDLL, neighbours: Sequence[Sequence[int]], settings: QuboSearch, lanes: int,
    longest: int, target: int,
) -> Trajectory:
    """QuboSearch by the compiled function."""
    count = len(neighbours)
    scans, best = np.zeros(count, np.int64), np.zeros(count, np.uint8)
    taps = [sum(1 << (tap - 1) for tap in TAPS[width]) for width in definition.WIDTHS]
    shape = lanes, definition.STRIDE, definition.KEY_BITS, definition.NOISE_BITS
    given = settings.seed, settings.rest, (1 << settings.spread) - 1, settings.noise
    arrays = [
        np.cumsum([0, *map(len, neighbours)]).astype(np.int32),
        np.array([other for each in neighbours for other in each], np.int32),
        np.array(given, np.uint32), np.array(shape, np.int32),
        np.array(definition.WIDTHS, np.uint32), np.array(taps, np.uint32),
    ]
    found = compiled.search(
        ctypes.c_int64(count), *(_pointer(array) for array in arrays), ctypes.c_int64(longest),
        ctypes.c_int64(target), _pointer(scans), _pointer(best),
    )
    return Trajectory(tuple(scans[:found].tolist()), tuple(np.flatnonzero(best).tolist()))


def _pointer(array: np.ndarray) -> ctypes.c_void_p:
    return array.ctypes.data_as(ctypes.c_void_p)


@lru_cache(maxsize=1)
def _compiled() -> ctypes.CDLL | None:
    """Return the compiled search if there is a compiler and it does as the definition says."""
    made = library(Path(__file__).with_name("search.cpp").read_text(encoding="utf-8"))
    if made is None:
        return None
    made.search.restype = ctypes.c_int64
    trial = _TRIAL, QuboSearch(seed=3, noise=5000), 8, _TRIAL_SCANS, len(_TRIAL)
    return made if _called(made, *trial) == _defined(*trial) else None
