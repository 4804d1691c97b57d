"""Origins drawn at random: what the parts of a connection hear, and further parts to join."""

import random
from collections.abc import Sequence

from ..connection import Connection, Convolution, Dense, FeatureMap
from ..origin import Origin

__all__ = ["drawn_origin", "drawn_parts"]


def drawn_origin(rng: random.Random, *, back: int, count: int, steps: int) -> Origin:
    """Draw how late the spikes of ``count`` sources arrive, within the steps of a network."""
    least, most = int(back == 0), steps - 1
    kind = rng.randrange(3)
    if kind == 0:
        return Origin(back=back, delays=least)
    if kind == 1:
        return Origin(back=back, delays=rng.randint(least, most))
    return Origin(back=back, delays=tuple(rng.randint(least, most) for _ in range(count)))


def drawn_parts(
    rng: random.Random, first: Connection, made: Sequence[FeatureMap], *, steps: int, nearest: int,
) -> list[tuple[Connection, Origin]]:
    """Draw what is joined to the first part of a layer's connection, mostly nothing or one part.

    ``made`` is the shape of the inputs, and of each layer before. The layer itself is heard if
    ``nearest`` is 0.
    """
    parts: list[tuple[Connection, Origin]] = []
    while rng.random() < 0.45 and len(parts) < 3:
        back = rng.randint(nearest if steps > 1 else 1, len(made))
        heard = first.target if back == 0 else made[-back]
        part = _to(rng, first, heard)
        if part is not None:
            parts.append(
                (part, drawn_origin(rng, back=back, count=len(part.source), steps=steps))
            )
    return parts


def _to(rng: random.Random, first: Connection, heard: FeatureMap) -> Connection | None:
    """Return a connection to the same neurons in the same words; None if none is known."""
    target = first.target
    if first.words == 1 and target.is_flat:
        return Dense(source=rng.choice((heard, FeatureMap(channels=len(heard)))),
                     neurons=len(target))
    groups = target.channels // first.lanes
    sides = (heard.height, heard.width), (target.height, target.width)
    if sides[0] != sides[1] or heard.channels % groups:
        return None
    size = rng.choice((1, 3))
    return Convolution(
        source=heard, channels=target.channels, kernel=(size, size),
        padding=(size // 2, size // 2), groups=groups,
    )
