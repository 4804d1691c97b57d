"""Connections drawn at random, to try a network on: small ones of every kind."""

import random

from ..connection import Connection, Convolution, Dense, FeatureMap, Pooled
from ..connection.pooled import pooled_map

__all__ = ["drawn_connection", "drawn_map"]


def drawn_map(rng: random.Random, *, largest: int = 5) -> FeatureMap:
    """Draw a map of inputs of up to ``largest`` by ``largest``, and up to three channels."""
    return FeatureMap(
        channels=rng.randint(1, 3), height=rng.choice((1, rng.randint(1, largest))),
        width=rng.randint(1, largest), channels_first=rng.random() < 0.5,
    )


def drawn_connection(
    rng: random.Random, source: FeatureMap, *, kind: str | None = None, largest: int = 6
) -> Connection:
    """Draw a connection from a map.

    Parameters
    ----------
    rng : Random
    source : FeatureMap
    kind : str, optional
        ``dense`` or ``convolution``, either after a pooling or not; any of them if not given.
    largest : int
        Most neurons of a dense one, and most channels of a convolution.
    """
    kind = kind or rng.choice(("dense", "convolution"))
    if rng.random() < 0.4:
        (down, over), (right, on) = _window(rng, source.height), _window(rng, source.width)
        window, stride = (down, right), (over, on)
        sums = pooled_map(source, window=window, stride=stride)
        then = _plain(rng, sums, kind=kind, largest=largest)
        return Pooled(source=source, window=window, stride=stride, then=then)
    return _plain(rng, source, kind=kind, largest=largest)


def _plain(rng: random.Random, source: FeatureMap, *, kind: str, largest: int) -> Connection:
    if kind == "dense":
        return Dense(source=source, neurons=rng.randint(1, largest))
    groups = rng.choice([
        count for count in range(1, source.channels + 1)
        if source.channels % count == 0 and count <= largest
    ])
    while True:
        try:
            return Convolution(
                source=source, channels=groups * rng.randint(1, max(1, largest // groups)),
                kernel=_two(rng, 1, 3), stride=_two(rng, 1, 2), padding=_two(rng, 0, 2),
                dilation=_two(rng, 1, 2), groups=groups,
            )
        except ValueError:  # a kernel that is larger than the map
            continue


def _window(rng: random.Random, size: int) -> tuple[int, int]:
    """Return a window and a stride that leave no remainder of a side."""
    return rng.choice([
        (window, stride) for window in range(1, min(3, size) + 1) for stride in range(1, 4)
        if (size - window) % stride == 0
    ])


def _two(rng: random.Random, low: int, high: int) -> tuple[int, int]:
    return rng.randint(low, high), rng.randint(low, high)
