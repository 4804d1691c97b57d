"""Delta: spikes that say the encoder's level, and a level that follows the signal."""

import re
from dataclasses import replace

import numpy as np
import pytest

from spikewright.coding.coding import decode, encode
from spikewright.coding.delta import Delta
from spikewright.errors import DataError

CODING = Delta(length=12, channels=2, steps=12, low=-2, high=2, threshold=0.25, start=0.5)


def by_hand(signal: list[float], coding: Delta) -> tuple[list[tuple[bool, bool]], list[float]]:
    """One channel: the on and off spikes, and the level after each step."""
    level, spikes, levels = float(coding.start), [], []
    for step in range(coding.steps):
        first = step * coding.length // coding.steps
        some = signal[first : (step + 1) * coding.length // coding.steps]
        rise = sum(some) / len(some) - level
        on, off = rise > coding.threshold, rise < -coding.threshold
        level += coding.threshold * (on - off)
        spikes.append((on, off))
        levels.append(level)
    return spikes, levels


@pytest.mark.parametrize("steps", [1, 5, 7, 12])
@pytest.mark.parametrize("channels", [1, 3])
def test_spikes_and_levels_are_those_of_the_page(steps, channels):
    coding = replace(CODING, steps=steps, channels=channels)
    samples = np.random.default_rng(steps).choice(np.linspace(-2, 2, 33), (30, 12, channels))
    spikes = encode(samples, coding)
    assert spikes.shape == (30, steps, 2 * channels) and spikes.dtype == bool
    levels = decode(spikes, coding)
    for number in range(30):
        for channel in range(channels):
            wanted, followed = by_hand(samples[number, :, channel].tolist(), coding)
            mine = spikes[number][:, [channel, channels + channel]]
            assert [tuple(one) for one in mine.tolist()] == wanted
            assert levels[number, :, channel].tolist() == followed


def test_a_slow_signal_is_followed_to_the_threshold():
    """Within 0.3 of it, for changes of up to that in a step; the start is further away."""
    coding = replace(CODING, length=200, steps=200, channels=1, threshold=0.3, start=-2)
    drawn = np.random.default_rng(0).uniform(-0.3, 0.3, (50, 200)).cumsum(axis=1)
    samples = np.clip(drawn, -2, 2)
    error = np.abs(decode(encode(samples, coding), coding)[:, :, 0] - samples)
    near = np.maximum.accumulate(error <= 0.3 + 1e-9, axis=1)
    assert near.any(axis=1).all() and (error[near] <= 0.3 + 1e-9).all()


def test_a_signal_that_stands_still_is_silent():
    assert not encode(np.full((2, 12, 2), 0.5), CODING).any()


def test_one_channel_needs_no_axis():
    coding = replace(CODING, channels=1)
    samples = np.random.default_rng(0).uniform(-2, 2, (3, 12))
    assert np.array_equal(encode(samples, coding), encode(samples[:, :, None], coding))


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros((3, 12)),
         "the input is of shape 3 × 12; it must be samples × 12 values in time × 2 channels"),
        (np.zeros((3, 2, 12)),
         "the input is of shape 3 × 2 × 12; it must be samples × 12 values in time × 2 channels"),
        (np.zeros(12), "the input is of shape 12; it must be samples × 12 values in time × 2 chan"),
        (np.full((1, 12, 2), "a"), "the input holds <U1 values; it must hold real numbers"),
    ],
)
def test_samples_of_another_shape(samples, message):
    with pytest.raises(DataError, match=f"^{re.escape(message)}"):
        encode(samples, CODING)


@pytest.mark.parametrize("value", [np.nan, -2.5, np.inf])
def test_a_value_that_cannot_be_coded(value):
    samples = np.zeros((3, 12, 2))
    samples[1, 7, 1] = value
    message = f"value [7, 1] of sample 1 is {value}; values must be numbers from -2 to 2"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        encode(samples, CODING)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"length": 0}, "length is 0; it must be a whole number from 1 to 16777216"),
        ({"channels": 40_000}, "channels is 40000; it must be a whole number from 1 to 32767"),
        ({"steps": 13}, "steps is 13; it must be at most length, 12"),
        ({"low": 2}, "high is 2; it must be above low, 2"),
        ({"threshold": 0}, "threshold is 0; it must be above 0"),
        ({"threshold": np.inf}, "threshold is inf; it must be a finite number"),
        ({"start": 3}, "start is 3; it must be from low, -2, to high, 2"),
    ],
)
def test_a_parameter_out_of_range(change, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        replace(CODING, **change)
