# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)
"""Tap join: its reference, and the core in Amaranth's simulator."""

import re

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


#: A join of one word of neurons with four parts.
FOUR = Joined(parts=(
    *(Dense(source=FeatureMap(channels=count), neurons=2) for count in (1, 4, 2)),
    Convolution(source=FeatureMap(channels=2), channels=2, kernel=(1, 1)),
))


@pytest.mark.parametrize("stall", [0.0, 0.5])
@pytest.mark.parametrize(
    "given",
    [*PRESETS.values(), *(
        {"connection": FOUR, "bits": bits}
        for bits in (None, (1, 2, 1, 2), (2, 1, 1, 2), (4, 1, 1, 1), (1, 1, 1, 2), (2, 2, 2, 2))
    )],
    ids=lambda given: f"{len(given['connection'].branches)}, {given.get('bits')}",
)
def test_core_follows_reference(given, stall, exchange, rng):
    dut = TapJoin(**given)
    connection, parts = dut.connection, len(dut.bits)
    passes = [
        [
            taps if bits == max(dut.bits) or plane == max(dut.bits) - 1 else []
            for taps, bits in zip(drawn(connection, densities, rng), dut.bits, strict=True)
        ]
        for densities in [
            *([density] * parts for density in (0, 1, 0, 0.5)),
            *([rng.choice((0, 0.3, 1)) for _ in range(parts)] for _ in range(15)),
        ]
        for plane in range(max(dut.bits))
    ]
    expected = [tap._asdict() for one in passes for tap in joined_taps(connection, one)]
    send = {
        f"i_{at}": [tap._asdict() for taps in part for tap in taps]
        for at, part in enumerate(zip(*passes, strict=True))
    }
    assert exchange(dut, send=send, take={"o": len(expected)}, stall=stall)["o"] == expected


@pytest.mark.parametrize("bits", [(1,), (2, 3), (1, 1, 2)])
def test_bits_that_do_not_fit_the_parts_are_refused(bits):
    message = f"bits are {bits}; each of 2 parts has one bit, or as many as the other graded ones"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        TapJoin(connection=TWO, bits=bits)
