"""Tap join: its reference, and the core in Amaranth's simulator."""

import pytest

from spikewright_hw.connection import Connection, Convolution, Dense, FeatureMap, Joined
from spikewright_hw.engine.tap_join import PRESETS, TapJoin, joined_taps
from spikewright_hw.engine.taps import Tap, event_taps
from spikewright_hw.engine.word_scan import scan_words

#: Two connections to three neurons, of two sources and of three.
TWO = Joined(parts=(
    Dense(source=FeatureMap(channels=2), neurons=3),
    Dense(source=FeatureMap(channels=3), neurons=3),
))

#: What ends a step without a tap.
NONE = Tap(0, 0, 0, 1)


def drawn(connection: Connection, densities, rng) -> list[list[Tap]]:
    """Draw the taps of a step, of each part."""
    found = []
    for part, density in zip(connection.branches, densities, strict=True):
        spikes = sum((rng.random() < density) << at for at in range(len(part.source)))
        found.append([*event_taps(part, scan_words(part.source, [spikes]))])
    return found


def test_the_rows_of_a_part_follow_those_of_the_parts_before():
    taps = [[Tap(0, 0, 1, 0), Tap(1, 0, 1, 1)], [Tap(2, 0, 1, 1)]]
    assert joined_taps(TWO, taps) == [Tap(0, 0, 1, 0), Tap(1, 0, 1, 0), Tap(4, 0, 1, 1)]


def test_the_last_part_closes_the_step():
    assert joined_taps(TWO, [[Tap(1, 0, 1, 1)], [NONE]]) == [Tap(1, 0, 1, 0), NONE]
    assert joined_taps(TWO, [[NONE], [Tap(0, 0, 1, 1)]]) == [Tap(2, 0, 1, 1)]
    assert joined_taps(TWO, [[NONE], [NONE]]) == [NONE]


@pytest.mark.parametrize("preset", PRESETS)
def test_the_taps_are_those_of_the_joined_connection(preset, rng):
    """What its parts' sources do is what those of the whole do, which are numbered in a row."""
    connection = PRESETS[preset]["connection"]
    first = 0
    for number, part in enumerate(connection.branches):
        for source in range(len(part.source)):
            taps = [
                [*event_taps(one, scan_words(one.source, [(one is part) << source]))]
                for one in connection.branches
            ]
            found = [tap[:2] for tap in joined_taps(connection, taps) if tap.tap]
            assert found == [*connection.taps(first + source)], (number, source)
        first += len(part.source)


#: Those that there are, and a join of one word of neurons with four parts.
SHAPES = [one["connection"] for one in PRESETS.values()] + [
    Joined(parts=(
        *(Dense(source=FeatureMap(channels=count), neurons=2) for count in (1, 4, 2)),
        Convolution(source=FeatureMap(channels=2), channels=2, kernel=(1, 1)),
    )),
]


@pytest.mark.parametrize("stall", [0.0, 0.5])
@pytest.mark.parametrize("connection", SHAPES, ids=["two", "maps", "four"])
def test_core_follows_reference(connection, stall, exchange, rng):
    parts = len(connection.branches)
    steps = [drawn(connection, [density] * parts, rng) for density in (0, 1, 0, 0.5)]
    steps += [drawn(connection, [rng.choice((0, 0.3, 1)) for _ in range(parts)], rng)
              for _ in range(15)]
    expected = [tap._asdict() for step in steps for tap in joined_taps(connection, step)]
    send = {
        f"i_{at}": [tap._asdict() for taps in part for tap in taps]
        for at, part in enumerate(zip(*steps, strict=True))
    }
    given = exchange(
        TapJoin(connection=connection), send=send, take={"o": len(expected)}, stall=stall
    )
    assert given["o"] == expected
