"""Taps: their reference, the core in Amaranth's simulator, and how long it takes."""

import pytest

from spikewright_hw.connection import Convolution, Dense, FeatureMap
from spikewright_hw.engine.taps import PRESETS, Taps, event_taps, tap_cycles, worst_tap_cycles
from spikewright_hw.engine.word_scan import PlaceEvent, scan_words

#: Three places of one channel, and a kernel of two: the one in the middle is in both windows.
LINE = Convolution(source=FeatureMap(channels=1, width=3), channels=2, kernel=(1, 2))

#: Of five places every second one.
SKIPS = Convolution(
    source=FeatureMap(channels=1, width=5), channels=1, kernel=(1, 1), stride=(1, 2)
)


def event(x: int, *, spike: int = 1, last: int = 0) -> PlaceEvent:
    return PlaceEvent((0, x, 0), spike, last)


def test_taps_by_hand():
    assert [*event_taps(LINE, [event(0), event(1, last=1)])] == [
        (0, 0, 1, 0), (1, 0, 1, 0), (0, 1, 1, 1)
    ]
    assert [*event_taps(SKIPS, [event(1), event(2), event(3)])] == [(0, 1, 1, 0)]


@pytest.mark.parametrize("closing", [event(3, last=1), event(2, spike=0, last=1)])
def test_a_step_that_ends_without_a_tap_is_closed(closing):
    assert [*event_taps(SKIPS, [event(0), closing])] == [(0, 0, 1, 0), (0, 0, 0, 1)]


def test_taps_of_a_dense_connection_are_rows():
    connection = Dense(source=FeatureMap(channels=2, height=2, width=3), neurons=4)
    words = [0b01, 0, 0b11, 0, 0b10, 0b01]
    taps = [*event_taps(connection, scan_words(connection.source, words))]
    assert [tap.row for tap in taps] == [0, 4, 5, 9, 10]
    assert {tap.word for tap in taps} == {0}


def test_cycles_by_hand():
    assert [tap_cycles(LINE, source) for source in range(3)] == [1, 2, 1]
    assert [tap_cycles(SKIPS, source) for source in range(5)] == [1] * 5
    assert (worst_tap_cycles(LINE), worst_tap_cycles(SKIPS)) == (4, 5)


@pytest.mark.parametrize("preset", PRESETS)
def test_the_worst_step_has_all_events(preset):
    connection = PRESETS[preset]["connection"]
    assert worst_tap_cycles(connection) == sum(
        tap_cycles(connection, source) for source in range(len(connection.source))
    )


@pytest.mark.parametrize("preset", PRESETS)
def test_core_follows_reference(preset, exchange, rng):
    connection = PRESETS[preset]["connection"]
    sources = len(connection.source)
    names = connection.source.ordered(y="y", x="x", channel="channel")
    events = []
    for density in (0, 1, 0, *[0.1] * 6, *[0.5] * 4) * 2:
        spikes = sum((rng.random() < density) << at for at in range(sources))
        events += scan_words(connection.source, [spikes])
    sent = [
        {**dict(zip(names, one.places, strict=True)), "spike": one.spike, "last": one.last}
        for one in events
    ]
    taps = [tap._asdict() for tap in event_taps(connection, events)]
    given = exchange(
        Taps(connection=connection), send={"i": sent}, take={"o": len(taps)}, stall=(0.0, 0.5)
    )
    assert given["o"] == taps
