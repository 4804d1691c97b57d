"""The product of what a layer hears and its rows of weights, on arrays, for any connection."""

from collections.abc import Mapping
from functools import lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np

from spikewright_hw.connection import Axis, Connection, Dense, Joined, Pooled

__all__ = ["connected"]

#: Most numbers that are gathered at once.
_MOST = 1 << 22


class _Gather(NamedTuple):
    """Words that share rows of weights, and what each of them hears by which row.

    Parameters
    ----------
    words : int array ``[words]``
    rows : int array ``[rows]``
    sources : int array ``[words, rows]``
        What a word hears by a row. A place without a source has the number of sources, which is one
        too many.
    """

    words: np.ndarray
    rows: np.ndarray
    sources: np.ndarray


def connected(connection: Connection, heard: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return what each neuron gets, ``[..., neurons]``.

    Parameters
    ----------
    connection : Connection
    heard : array ``[..., sources]``
        What each source brings: 1 for a spike, or a whole number.
    weights : array ``[rows, lanes]``
    """
    if heard.dtype == bool:  # whose sum is an or
        heard = heard.astype(weights.dtype)
    if isinstance(connection, Dense):
        return heard @ weights
    if isinstance(connection, Joined):
        return _joined(connection, heard, weights)
    leading, heard = heard.shape[:-1], heard.reshape(-1, heard.shape[-1])
    if isinstance(connection, Pooled):
        heard = heard[:, _windows(connection)].sum(axis=1, dtype=heard.dtype)
        return connected(connection.then, heard, weights).reshape(*leading, -1)
    kind = np.result_type(heard, weights)
    made = np.zeros((len(heard), connection.words, connection.lanes), kind)
    nothing = np.zeros((1, len(heard)), heard.dtype)
    # A column for each sample, so that what is gathered lies side by side.
    padded = np.concatenate([heard.T, nothing])
    for gather in _gathers(connection):
        part = max(1, _MOST // gather.sources.size)
        for at in range(0, len(heard), part):
            columns = np.ascontiguousarray(padded[:, at : at + part])[gather.sources]
            given = np.matmul(weights[gather.rows].T, columns)
            made[at : at + part, gather.words] = given.transpose(2, 0, 1)
    return made.reshape(*leading, -1)


def _joined(joined: Joined, heard: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the sum of what each part brings, by its own rows of weights."""
    total, source, row = None, 0, 0
    for part in joined.parts:
        mine = slice(source, source + len(part.source)), slice(row, row + part.rows)
        brought = connected(part, heard[..., mine[0]], weights[mine[1]])
        total = brought if total is None else total + brought
        source, row = mine[0].stop, mine[1].stop
    assert total is not None  # there are two parts at least
    return total


@lru_cache(maxsize=16)
def _windows(pooled: Pooled) -> np.ndarray:
    """Return the sources of each sum, an int array ``[places of a window, sums]``."""
    source, sums = pooled.source, pooled.then.source
    numbers = np.arange(len(source)).reshape(
        source.ordered(y=source.height, x=source.width, channel=source.channels)
    )
    if source.channels_first:
        numbers = numbers.transpose(1, 2, 0)
    offsets = product(range(pooled.window[0]), range(pooled.window[1]))
    windows = [
        numbers[dy : dy + (sums.height - 1) * pooled.stride[0] + 1 : pooled.stride[0],
                dx : dx + (sums.width - 1) * pooled.stride[1] + 1 : pooled.stride[1]]
        for dy, dx in offsets
    ]
    if source.channels_first:
        windows = [window.transpose(2, 0, 1) for window in windows]
    return np.stack([window.ravel() for window in windows])


@lru_cache(maxsize=16)
def _gathers(connection: Connection) -> tuple[_Gather, ...]:
    """Return the gathers of a connection: one for each set of rows that words share.

    Words that differ along the channels hear by different rows; along the height and the width, by
    some or all of the same ones.
    """
    y, x, channel = (_arrivals(axis) for axis in _by_name(connection, connection.axes))
    strides = _by_name(connection, _strides(connection))
    sides = [_table(arrivals) for arrivals in (y, x)]
    found = []
    for word, entries in channel.items():
        of_rows = [row for row, _ in entries]
        of_channel = np.array([at * strides[2] for _, at in entries])
        there = (sides[0].heard[:, None, :, None] >= 0) & (sides[1].heard[None, :, None, :] >= 0)
        place = (
            sides[0].heard[:, None, :, None] * strides[0]
            + sides[1].heard[None, :, None, :] * strides[1]
        )
        sources = np.where(there[..., None], place[..., None] + of_channel, len(connection.source))
        rows = [sum(parts) for parts in product(sides[0].rows, sides[1].rows, of_rows)]
        words = [sum(parts) + word for parts in product(sides[0].words, sides[1].words)]
        if words:  # a kernel may lie in the padding alone
            found.append(_Gather(
                np.array(words), np.array(rows), sources.reshape(len(words), len(rows))
            ))
    return tuple(found)


class _Table(NamedTuple):
    """An axis from the neurons' side: steps of words, steps of rows, and the coordinates heard.

    ``heard`` is an int array ``[words, rows]``; -1 stands where no coordinate is.
    """

    words: list[int]
    rows: list[int]
    heard: np.ndarray


def _table(arrivals: Mapping[int, list[tuple[int, int]]]) -> _Table:
    words = sorted(arrivals)
    rows = sorted({row for heard in arrivals.values() for row, _ in heard})
    heard = np.full((len(words), len(rows)), -1)
    for number, word in enumerate(words):
        for row, coordinate in arrivals[word]:
            if heard[number, rows.index(row)] >= 0:
                raise NotImplementedError("several sources share a row; pooling is one of its own")
            heard[number, rows.index(row)] = coordinate
    return _Table(words, rows, heard)


def _arrivals(axis: Axis) -> dict[int, list[tuple[int, int]]]:
    """Return for each step of a word the steps of rows, each with its coordinate."""
    found: dict[int, list[tuple[int, int]]] = {}
    for coordinate, places in enumerate(axis):
        for place in places:
            found.setdefault(place.word, []).append((place.row, coordinate))
    return found


def _strides(connection: Connection) -> tuple[int, int, int]:
    """Return by how much a source's number grows along each axis, in the axes' order."""
    _, middle, last = map(len, connection.axes)
    return middle * last, last, 1


def _by_name(connection: Connection, ordered: tuple) -> tuple:
    """Return what is in the order of the axes as y, x and channel."""
    if connection.source.channels_first:
        channel, y, x = ordered
        return y, x, channel
    return ordered
