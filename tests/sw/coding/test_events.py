"""Events, and spikes as they are given: which spike where, and what is refused."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spikewright.coding.coding import decode, encode
from spikewright.coding.events import Events
from spikewright.coding.spikes import Spikes
from spikewright.errors import DataError

EVENT = [("t", "i8"), ("x", "i8"), ("y", "i8"), ("p", "i8")]
CODING = Events(height=5, width=7, steps=4, duration=100)


def recording(*events: tuple[int, int, int, int]) -> np.ndarray:
    return np.array(list(events), EVENT)


def drawn(seed: int, *, count: int = 60) -> np.ndarray:
    rng = np.random.default_rng(seed)
    times = np.sort(rng.integers(1000, 1130, count))
    return recording(*zip(
        times.tolist(), rng.integers(0, 7, count).tolist(), rng.integers(0, 5, count).tolist(),
        rng.integers(0, 2, count).tolist(), strict=True,
    ))


def by_hand(events: np.ndarray, coding: Events) -> set[tuple[int, int]]:
    """The steps and inputs that spike."""
    first, last = (int(events["t"][end]) for end in (0, -1))
    duration = coding.duration or last - first + 1
    columns = (coding.width + coding.factor - 1) // coding.factor
    found = set()
    for t, x, y, p in events.tolist():
        if t - first < duration:
            place = (y // coding.factor) * columns + x // coding.factor
            found.add(((t - first) * coding.steps // duration, place * coding.polarities + p))
    return found


@pytest.mark.parametrize(
    "change",
    [{}, {"factor": 2}, {"duration": None}, {"duration": 3}, {"steps": 1, "factor": 9}],
    ids=str,
)
def test_spikes_are_those_of_the_page(change):
    coding = replace(CODING, **change)
    recordings = [drawn(seed) for seed in range(5)]
    spikes = encode(recordings, coding)
    assert spikes.shape == (5, coding.steps, coding.inputs) and spikes.dtype == bool
    for one, events in zip(spikes, recordings, strict=True):
        assert {(int(step), int(place)) for step, place in np.argwhere(one)} == by_hand(
            events, coding
        )


def test_inputs():
    assert CODING.inputs == 5 * 7 * 2
    assert replace(CODING, factor=2, polarities=1).inputs == 3 * 4


def test_recordings_may_be_an_array_and_of_equal_length():
    recordings = [drawn(0), drawn(1)]
    listed = np.empty(2, object)
    listed[:] = recordings
    expected = encode(recordings, CODING)
    assert np.array_equal(encode(listed, CODING), expected)
    assert np.array_equal(encode(np.array(recordings), CODING), expected)


def test_narrow_fields_do_not_overflow():
    narrow = [("t", "u4"), ("x", "u1"), ("y", "u1"), ("p", "?")]
    events = [(0, 0, 0, True), (4_000_000_000, 250, 110, False)]
    coding = Events(height=120, width=255, steps=1000)
    places = np.argwhere(encode([np.array(events, narrow)], coding)[0]).tolist()
    assert places == [[0, 1], [999, (110 * 255 + 250) * 2]]


def test_a_recording_without_events_is_silent():
    for duration in (None, 100):
        assert not encode([recording()], replace(CODING, duration=duration)).any()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (recording((0, 0, 0, 0), (5, 7, 0, 0)),
         "x of event 1 of sample 1 is 7; it must be from 0 to 6"),
        (recording((0, -1, 0, 0)), "x of event 0 of sample 1 is -1; it must be from 0 to 6"),
        (recording((0, 0, 5, 0)), "y of event 0 of sample 1 is 5; it must be from 0 to 4"),
        (recording((0, 0, 0, 2)), "p of event 0 of sample 1 is 2; it must be from 0 to 1"),
        (recording((5, 0, 0, 0), (4, 0, 0, 0)),
         ("event 1 of sample 1 is at 4 µs, before the event ahead of it, at 5 µs; events must be "
          "in the order of their times")),
        (np.zeros(3), "sample 1 is no array of events with the fields t, x, y and p"),
        (None, "sample 1 is no array of events with the fields t, x, y and p"),
        (np.zeros(3, [("t", "f8"), *EVENT[1:]]),
         "t of sample 1 holds float64 values; it must hold whole numbers"),
    ],
)
def test_a_recording_that_cannot_be_coded(given, message):
    recordings: list[Any] = [drawn(0), given]
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        encode(recordings, CODING)


def test_what_is_no_list_of_recordings():
    with pytest.raises(DataError, match=r"^the input is no list of recordings$"):
        CODING.encode(3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"height": 0}, "height is 0; it must be a whole number from 1 to 65535"),
        ({"duration": 0}, "duration is 0; it must be a whole number from 1 to 1099511627776"),
        ({"height": 480, "width": 640},
         ("height 480, width 640 and polarities 2 with factor 1 make 614400 inputs, and a network "
          "has at most 65535; take a larger factor")),
    ],
)
def test_a_parameter_out_of_range(change, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        replace(CODING, **change)


GIVEN = Spikes(inputs=3, steps=2)


def test_spikes_stay_as_they_are():
    spikes = np.random.default_rng(0).random((5, 2, 3)) < 0.5
    for kind in (bool, np.uint8, np.float32):
        assert np.array_equal(encode(spikes.astype(kind), GIVEN), spikes)
    assert encode(spikes.astype(int), GIVEN).dtype == bool
    assert np.array_equal(decode(spikes, GIVEN), spikes)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (2, "input 1 of sample 4 in step 0 is 2.0; a spike is 0 or 1"),
        (np.nan, "input 1 of sample 4 in step 0 is nan; a spike is 0 or 1"),
    ],
)
def test_a_value_that_is_no_spike(value, message):
    spikes = np.zeros((5, 2, 3))
    spikes[4, 0, 1] = value
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        encode(spikes, GIVEN)


def test_spikes_of_another_kind_or_shape():
    with pytest.raises(DataError, match=r"^the spikes are <U1 values; they must be booleans or 0"):
        encode(np.full((5, 2, 3), "a"), GIVEN)
    with pytest.raises(DataError, match="they must be samples × 2 steps × 3 inputs"):
        encode(np.zeros((5, 3, 2)), GIVEN)
